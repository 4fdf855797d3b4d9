"""Which operating system: os-release, uname, lsb_release, hostnamectl, sw_vers, sysctl, uptime."""

from __future__ import annotations

import re
from typing import Any, Final

from itsm.discovery.parsers.bounds import json_of
from itsm.discovery.parsers.layout import key_values, records
from itsm.discovery.parsers.values import integer, known, mac_of, model_name, present

_ASSIGNMENT: Final = re.compile(r"""([A-Za-z_][A-Za-z0-9_]{0,63})=(?:"([^"]*)"|'([^']*)'|(.*))\s*$""")


def assignments(text: str) -> dict[str, str]:
    """Return shell assignments, a line each, without their quotes."""
    found: dict[str, str] = {}
    for line in text.split("\n"):
        if match := _ASSIGNMENT.match(line.strip()):
            name, double, single, bare = match.groups()
            found[name] = next((value for value in (double, single, bare) if value is not None), "")
    return found


def os_release(text: str) -> dict[str, Any]:
    """Return ``os {name, version, id, version_id, full_name}`` of /etc/os-release."""
    values = assignments(text)
    name = values.get("NAME") or values.get("ID")
    return {
        "os": present(
            name=known(name),
            version=known(values.get("VERSION") or values.get("VERSION_ID")),
            full_name=known(values.get("PRETTY_NAME")),
            id=known(values.get("ID")),
            version_id=known(values.get("VERSION_ID")),
            build=known(values.get("BUILD_ID")),
        )
    }


def lsb_release(text: str) -> dict[str, Any]:
    """Return ``os`` of ``lsb_release -a`` or /etc/lsb-release."""
    values = key_values(text) or assignments(text)
    return {
        "os": present(
            name=known(values.get("Distributor ID") or values.get("DISTRIB_ID")),
            version=known(values.get("Release") or values.get("DISTRIB_RELEASE")),
            full_name=known(values.get("Description") or values.get("DISTRIB_DESCRIPTION")),
            codename=known(values.get("Codename") or values.get("DISTRIB_CODENAME")),
        )
    }


def release_file(text: str) -> dict[str, Any]:
    """Return ``os`` of the one line of /etc/redhat-release, /etc/SuSE-release, /etc/debian_version and the like."""
    line = next(iter(records(text)), "")[:256]
    match = re.match(r"(.*?)(?: release| version)? v?(\d[\w.]*)(?: \((.*)\))?", line)
    if match is None:
        return {"os": present(full_name=known(line))}
    name = known(match.group(1)) or ("Debian GNU/Linux" if re.fullmatch(r"\d+\.\d+", line.strip()) else None)
    return {"os": present(name=name, version=match.group(2), full_name=line.strip(), codename=match.group(3))}


_UNIX: Final = {"Darwin": "macOS", "SunOS": "Solaris", "VMkernel": "VMware ESXi"}
_ARCHITECTURE: Final = re.compile(
    r"(x86_64|amd64|i[3-6]86|i86pc|arm64|aarch64|armv\w+|arm|ppc64le|ppc64|ppc|powerpc|s390x|riscv64|mips\w*|sparc64|sparc|sun4\w|ia64|alpha|loongarch64)\Z"
)


def uname(text: str) -> dict[str, Any]:
    """Return ``os {name, kernel, arch}`` and ``hostname`` of ``uname -a`` (also of -s, -r, -m alone)."""
    words = next(iter(records(text)), "").split()[:64]
    if not words:
        return {}
    arch = next((word for word in reversed(words) if _ARCHITECTURE.match(word)), None)
    if len(words) == 1:
        return {"os": present(arch=arch, kernel=words[0] if words[0][0].isdigit() else None)}
    if len(words) < 3:
        return {"os": present(name=_UNIX.get(words[0], words[0]))}
    system, host, release = words[:3]
    if system == "AIX" and len(words) >= 5:
        return {"hostname": host, "os": present(name="AIX", version=f"{words[3]}.{words[2]}", arch="powerpc")}
    version = release.split("-")[0] if system.endswith("BSD") or system in ("VMkernel", "DragonFly") else None
    return {
        "hostname": host,
        "os": present(name=_UNIX.get(system, system), kernel=release, version=version, arch=arch),
    }


def hostnamectl(text: str) -> dict[str, Any]:
    """Return hostname, ``os``, ``system`` and ``chassis`` of ``hostnamectl`` (text or ``--json``)."""
    value = json_of(text) if text.lstrip()[:1] == "{" else None
    if isinstance(value, dict):
        values = {name: str(data) for name, data in value.items() if data is not None}
        names = (
            "Hostname",
            "OperatingSystemPrettyName",
            "KernelRelease",
            "Architecture",
            "HardwareVendor",
            "HardwareModel",
            "FirmwareVersion",
            "Chassis",
            "StaticHostname",
            "HardwareSerial",
        )
    else:
        values = key_values(text)
        names = (
            "Static hostname",
            "Operating System",
            "Kernel",
            "Architecture",
            "Hardware Vendor",
            "Hardware Model",
            "Firmware Version",
            "Chassis",
            "Transient hostname",
            "Hardware Serial",
        )
    host, full, kernel, arch, vendor, model, firmware, chassis, other, serial = (values.get(name) for name in names)
    pretty = known(full)
    match = re.match(r"(.*?) v?(\d[\w.]*(?: .*)?)$", pretty or "")
    return {
        "hostname": known(host) or known(other),
        "os": present(
            full_name=pretty,
            name=match.group(1) if match else pretty,
            version=match.group(2) if match else None,
            kernel=(kernel or "").removeprefix("Linux ").strip(),
            arch=known(arch),
        ),
        "system": present(vendor=known(vendor), model=known(model), serial=known(serial)),
        "bios": present(version=known(firmware)),
        "chassis": present(type=known((chassis or "").split(" ")[0])),
    }


def sw_vers(text: str) -> dict[str, Any]:
    """Return ``os`` of macOS' ``sw_vers``."""
    values = key_values(text)
    return {
        "os": present(
            name=known(values.get("ProductName")),
            version=known(values.get("ProductVersion")),
            build=known(values.get("BuildVersion")),
        )
    }


def sysctl(text: str) -> dict[str, Any]:
    """Return what hardware and kernel names tell: BSD's and macOS' ``sysctl -a`` (or hw, kern, machdep alone)."""
    values: dict[str, str] = {}
    for line in text.split("\n"):
        if match := re.match(r"([a-z][\w.%-]{1,80})\s*(?:: |=)\s*(.*)$", line):
            values.setdefault(match.group(1), match.group(2).strip())
    cpu = present(
        name=model_name(values.get("machdep.cpu.brand_string") or values.get("hw.model")),
        cores=integer(values.get("machdep.cpu.core_count") or values.get("hw.physicalcpu")),
        threads=integer(values.get("machdep.cpu.thread_count") or values.get("hw.logicalcpu") or values.get("hw.ncpu")),
    )
    mac = values.get("kern.ostype") == "Darwin" or "machdep.cpu.brand_string" in values
    return {
        "hostname": known(values.get("kern.hostname")),
        "os": present(
            name=_UNIX.get(values.get("kern.ostype", ""), values.get("kern.ostype")),
            kernel=values.get("kern.osrelease"),
            version=values.get("kern.osproductversion"),
            build=values.get("kern.osversion"),
            arch=values.get("hw.machine"),
        ),
        "system": present(
            vendor=known(values.get("hw.vendor")) or ("Apple" if mac and values.get("hw.model") else None),
            model=known(values.get("hw.product")) or (known(values.get("hw.model")) if mac else None),
            serial=known(values.get("hw.serialno")),
            uuid=known(values.get("hw.uuid") or values.get("kern.uuid")),
        ),
        "cpus": [cpu] if cpu else [],
        "memory": present(
            total=integer(values.get("hw.memsize") or values.get("hw.physmem64") or values.get("hw.physmem"))
        ),
    }


_UPTIME: Final = re.compile(
    r"\bup\s+(?:(\d{1,6}) days?,?\s*)?(?:(\d{1,2}):(\d{2})|(\d{1,3}) hrs?|(\d{1,3}) mins?|(\d{1,3}) secs?)?"
)


def uptime(text: str) -> dict[str, Any]:
    """Return ``uptime`` in seconds of ``uptime`` or /proc/uptime."""
    line = next(iter(records(text)), "")[:512]
    if match := re.match(r"(\d{1,12})(?:\.\d+)? \d+(?:\.\d+)?$", line.strip()):
        return {"uptime": int(match.group(1))}
    match = _UPTIME.search(line)
    if match is None:
        return {}
    days, hours, minutes, bare_hours, bare_minutes, seconds = (int(part) if part else 0 for part in match.groups())
    return {"uptime": ((days * 24 + hours + bare_hours) * 60 + minutes + bare_minutes) * 60 + seconds}


def hostname(text: str) -> dict[str, Any]:
    """Return ``hostname``: the first word of the output."""
    return {"hostname": next(iter(text.split()), None)}


def mac_file(text: str) -> dict[str, Any]:
    """Return the MAC in /sys/class/net/IFACE/address as an interface without a name."""
    mac = mac_of(text.strip())
    return {"interfaces": [{"mac": mac, "ips": []}] if mac else []}


def timedatectl(text: str) -> dict[str, Any]:
    """Return ``time_zone`` of ``timedatectl``."""
    zone = known(key_values(text).get("Time zone"))
    return {"time_zone": zone.split(" ")[0] if zone else None}
