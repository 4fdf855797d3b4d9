"""VMware ESXi: ``esxcli hardware|system|storage|network`` and ``vmware -vl``."""

from __future__ import annotations

import re
from typing import Any

from itsm.discovery.parsers.layout import columns, key_values, records
from itsm.discovery.parsers.values import integer, known, mac_of, model_name, present


def platform(text: str) -> dict[str, Any]:
    """Return ``system`` of ``esxcli hardware platform get``; the UUID is printed as octets."""
    values = key_values(text)
    octets = re.findall(r"0x([0-9a-fA-F]{1,2})\b", values.get("UUID", ""))
    digits = "".join(octet.rjust(2, "0") for octet in octets).lower()
    uuid = (
        "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])) if len(digits) == 32 else None
    )
    serial = known(values.get("Serial Number")) or known(values.get("Enclosure Serial Number"))
    return {
        "system": present(
            vendor=known(values.get("Vendor Name")), model=known(values.get("Product Name")), serial=serial, uuid=uuid
        ),
        "bios": present(version=known(values.get("BIOS Version")), date=known(values.get("BIOS Release Date"))),
    }


def version(text: str) -> dict[str, Any]:
    """Return ``os`` of ``esxcli system version get`` or ``vmware -v``."""
    values = key_values(text)
    build = known(values.get("Build"))
    if match := re.search(r"(VMware ESXi?) (\d[\d.]*)(?: build-(\d+))?", text):
        return {"os": present(name=match.group(1), version=match.group(2), build=match.group(3))}
    build = build.removeprefix("Releasebuild-") if build else None
    return {"os": present(name=known(values.get("Product")), version=known(values.get("Version")), build=build)}


def cpus(text: str) -> dict[str, Any]:
    """Return a row a package of ``esxcli hardware cpu list``, with its cores counted."""
    packages: dict[str, list[dict[str, str]]] = {}
    for part in re.split(r"(?m)^(?=CPU:\s*\d+)", text):
        values = key_values(part)
        if "CPU" in values:
            packages.setdefault(values.get("Package Id", "0"), []).append(values)
    found = []
    for members in packages.values():
        cores = {member.get("Core Id", str(number)) for number, member in enumerate(members)}
        clock = integer(members[0].get("Core Speed"))
        found.append(
            present(
                name=model_name(members[0].get("Brand")),
                cores=len(cores),
                threads=len(members),
                speed_mhz=clock // 1_000_000 if clock else None,
            )
        )
    return {"cpus": found}


def memory(text: str) -> dict[str, Any]:
    """Return ``memory.total`` in bytes of ``esxcli hardware memory get``."""
    return {"memory": present(total=integer(key_values(text).get("Physical Memory")))}


def storage(text: str) -> dict[str, Any]:
    """Return disks of ``esxcli storage core device list``; sizes in bytes."""
    disks = []
    for part in re.split(r"(?m)^(?=\S)", text):
        values = key_values(part)
        if values.get("Device Type", "").startswith("Direct-Access"):
            size = integer(values.get("Size"))
            disks.append(
                present(
                    name=part.split("\n", 1)[0].strip(),
                    vendor=known(values.get("Vendor")),
                    model=known(values.get("Model")),
                    firmware=known(values.get("Revision")),
                    size=size * 1024**2 if size else None,
                )
            )
    return {"disks": disks}


def nics(text: str) -> dict[str, Any]:
    """Return interfaces of ``esxcli network nic list``."""
    found = []
    for row in columns(text, "Name", "MAC Address", "Driver"):
        mac, mtu = mac_of(row.get("mac address")), row.get("mtu", "")
        found.append(
            {"name": row.get("name"), "mac": mac, "ips": [], "up": row.get("admin status") == "Up"}
            | present(mtu=int(mtu) if mtu.isdigit() else None, model=known(row.get("description")))
        )
    return {"interfaces": found}


def addresses(text: str) -> dict[str, Any]:
    """Return interfaces and addresses of ``esxcli network ip interface ipv4 get``."""
    found = []
    for line in records(text):
        if match := re.match(r"(vmk\d+)\s+(\d+\.\d+\.\d+\.\d+)\s", line):
            found.append({"name": match.group(1), "mac": None, "ips": [match.group(2)]})
    return {"interfaces": found}
