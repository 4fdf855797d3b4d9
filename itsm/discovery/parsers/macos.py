"""macOS' ``system_profiler``: the machine, its memory, disks, interfaces and applications (text and ``-json``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from itsm.discovery.parsers.bounds import json_of
from itsm.discovery.parsers.values import (
    integer,
    known,
    mac_of,
    megahertz,
    model_name,
    module_maker,
    part_number,
    present,
    size_of,
)

Section = tuple[tuple[str, ...], dict[str, str]]


def sections(text: str) -> list[Section]:
    """Return (path of headings, values) of every section, in the order of the report."""
    found: list[Section] = []
    path: list[tuple[int, str]] = []
    for line in text.split("\n"):
        bare = line.strip()
        if not bare:
            continue
        indent = len(line.expandtabs()) - len(bare)
        name, colon, value = bare.partition(": ")
        if bare.endswith(":") and (not colon or not value):
            while path and path[-1][0] >= indent:
                path.pop()
            if len(path) < 16:
                path.append((indent, bare[:-1]))
                found.append((tuple(title for _, title in path), {}))
        elif colon and found:
            while len(path) > 1 and path[-1][0] >= indent:
                path.pop()
                found.append((tuple(title for _, title in path), {}))
            found[-1][1].setdefault(name, value.strip())
    return [section for section in found if section[1]]


def system_profiler(text: str) -> dict[str, Any]:
    """Return system, bios, os, cpus, memory, memory_modules, disks, interfaces and software."""
    if text.lstrip()[:1] == "{":
        value = json_of(text)
        return _of_json(value) if isinstance(value, dict) else {}
    facts: dict[str, Any] = {"memory_modules": [], "disks": [], "interfaces": [], "software": []}
    for path, values in sections(text):
        if path[:1] == ("Hardware",) or path[-1] == "Hardware Overview":
            if "Memory" in values or "Model Name" in values:
                facts |= _hardware(values)
        elif path[0] == "Memory":
            facts["memory_modules"] += _memory(path, values)
        elif path[0] == "Software" and "System Version" in values:
            facts |= _software(values)
        elif path[0] == "Applications" and "Version" in values and len(path) > 1:
            facts["software"].append(present(name=path[-1], version=values["Version"], publisher=_signer(values)))
        elif "BSD Name" in values and ("Serial Number" in values or "Model" in values) and path[0] != "USB":
            facts["disks"] += [disk] if (disk := _disk(values)) else []
        elif path[0] == "Network" and "BSD Device Name" in values:
            facts["interfaces"].append(_interface(path, values))
    return facts


def _hardware(values: dict[str, str]) -> dict[str, Any]:
    cores = values.get("Total Number of Cores") or values.get("Total Number Of Cores")
    name = values.get("Chip") or values.get("Processor Name") or values.get("CPU Type")
    speed = values.get("Processor Speed") or values.get("CPU Speed")
    count = integer(
        values.get("Number of Processors") or values.get("Number Of Processors") or values.get("Number Of CPUs")
    )
    cpu = present(
        name=model_name(name), speed_mhz=megahertz(speed), cores=(integer(cores) or 0) // (count or 1) or None
    )
    firmware = values.get("System Firmware Version") or values.get("Boot ROM Version")
    return {
        "system": present(
            vendor="Apple",
            model=known(values.get("Model Identifier") or values.get("Machine Model")),
            name=known(values.get("Model Name") or values.get("Machine Name")),
            serial=known(values.get("Serial Number (system)") or values.get("Serial Number")),
            uuid=known(values.get("Hardware UUID")),
            part_number=known(values.get("Model Number")),
        ),
        "bios": present(vendor="Apple", version=firmware) if firmware else {},
        "cpus": [dict(cpu) for _ in range(min(count or 1, 16))] if cpu else [],
        "memory": present(total=size_of(values.get("Memory"))),
    }


def _memory(path: tuple[str, ...], values: dict[str, str]) -> list[dict[str, Any]]:
    if len(path) == 1 and "Memory" in values:
        module = present(
            slot="Integrated memory",
            size=size_of(values["Memory"]),
            type=known(values.get("Type")),
            vendor=module_maker(values.get("Manufacturer")),
        )
        return [module]
    if "Size" not in values or len(path) < 2:
        return []
    return [
        present(
            slot=path[-1],
            size=size_of(values["Size"]) or 0,
            type=known(values.get("Type")),
            speed_mhz=megahertz(values.get("Speed")),
            serial=known(values.get("Serial Number")),
            vendor=module_maker(values.get("Manufacturer")),
            model=part_number(values.get("Part Number")),
            status=known(values.get("Status")),
        )
    ]


def _software(values: dict[str, str]) -> dict[str, Any]:
    match = re.match(r"(.*?) (\d[\d.]*) \((\w+)\)", values["System Version"])
    name, version, build = match.groups() if match else (values["System Version"], None, None)
    return {
        "os": present(
            name=name, version=version, build=build, kernel=values.get("Kernel Version", "").removeprefix("Darwin ")
        ),
        "hostname": known(values.get("Computer Name")),
    }


def _signer(values: dict[str, str]) -> str | None:
    match = re.match(r"Developer ID Application: (.*?) \(\w+\)", values.get("Signed by", ""))
    if match:
        return match.group(1)
    return "Apple" if values.get("Obtained from") == "Apple" else None


def _disk(values: dict[str, str]) -> dict[str, Any]:
    size = re.search(r"\(([\d., ]+) bytes\)", values.get("Capacity", ""))
    return present(
        name=values["BSD Name"],
        model=known(values.get("Model")),
        serial=known(values.get("Serial Number")),
        firmware=known(values.get("Revision")),
        size=integer(size.group(1)) if size else size_of(values.get("Capacity"), binary=False),
    )


def _interface(path: tuple[str, ...], values: dict[str, str]) -> dict[str, Any]:
    return present(
        name=values["BSD Device Name"],
        title=path[-1],
        type=known(values.get("Type")),
        mac=mac_of(values.get("MAC Address") or values.get("Ethernet Address")),
    )


def _items(value: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """Yield the objects below a data type, nested ``_items`` too."""
    waiting = list(reversed(value.get(name) or [])) if isinstance(value.get(name), list) else []
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield item
            inner = item.get("_items")
            waiting += reversed(inner) if isinstance(inner, list) else []


def _of_json(value: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {"memory_modules": [], "disks": [], "software": []}
    for item in _items(value, "SPHardwareDataType"):
        facts |= _hardware(
            {
                "Model Identifier": str(item.get("machine_model") or ""),
                "Model Name": str(item.get("machine_name") or ""),
                "Serial Number": str(item.get("serial_number") or ""),
                "Hardware UUID": str(item.get("platform_UUID") or ""),
                "Chip": str(item.get("chip_type") or item.get("cpu_type") or ""),
                "Memory": str(item.get("physical_memory") or ""),
                "Boot ROM Version": str(item.get("boot_rom_version") or ""),
                "Processor Speed": str(item.get("current_processor_speed") or ""),
            }
        )
    for item in _items(value, "SPMemoryDataType"):
        names = {
            "Size": "dimm_size",
            "Type": "dimm_type",
            "Speed": "dimm_speed",
            "Serial Number": "dimm_serial_number",
            "Manufacturer": "dimm_manufacturer",
            "Part Number": "dimm_part_number",
            "Status": "dimm_status",
        }
        values = {label: str(item[name]) for label, name in names.items() if name in item}
        facts["memory_modules"] += _memory(("Memory", str(item.get("_name") or "")), values)
    for item in _items(value, "SPApplicationsDataType"):
        facts["software"].append(present(name=item.get("_name"), version=item.get("version")))
    for item in [*_items(value, "SPNVMeDataType"), *_items(value, "SPSerialATADataType")]:
        if isinstance(item.get("bsd_name"), str):
            size = item.get("size_in_bytes")
            facts["disks"].append(
                present(
                    name=item["bsd_name"],
                    model=known(str(item.get("device_model") or "")),
                    serial=known(str(item.get("device_serial") or "")),
                    firmware=known(str(item.get("device_revision") or "")),
                    size=size if isinstance(size, int) else None,
                )
            )
    facts |= _json_system(value)
    facts["interfaces"] = [item for item in map(_json_interface, _items(value, "SPNetworkDataType")) if item]
    facts["filesystems"] = [item for item in map(_json_volume, _items(value, "SPStorageDataType")) if item]
    return facts


def _json_system(value: dict[str, Any]) -> dict[str, Any]:
    for item in _items(value, "SPSoftwareDataType"):
        told = {
            "System Version": str(item.get("os_version") or ""),
            "Kernel Version": str(item.get("kernel_version") or ""),
        }
        return _software(told | {"Computer Name": str(item.get("local_host_name") or "")})
    return {}


def _json_interface(item: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(item.get("interface"), str):
        return {}
    ethernet = item.get("Ethernet")
    mac = mac_of(str(ethernet.get("MAC Address") or "")) if isinstance(ethernet, dict) else None
    listed = item.get("ip_address")
    ips = [address for address in listed if isinstance(address, str)] if isinstance(listed, list) else []
    return present(name=item["interface"], title=item.get("_name"), mac=mac) | {"ips": ips}


def _json_volume(item: dict[str, Any]) -> dict[str, Any]:
    size, free = item.get("size_in_bytes"), item.get("free_space_in_bytes")
    if not (isinstance(size, int) and isinstance(free, int) and isinstance(item.get("mount_point"), str)):
        return {}
    return present(
        device=item.get("bsd_name"),
        mount=item["mount_point"],
        type=item.get("file_system"),
        size=size,
        used=size - free,
        free=free,
    )
