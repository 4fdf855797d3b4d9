"""One set of facts from the outputs of one host: who is believed about what.

For each part of the facts the outputs are ordered by how near they are to the truth (the firmware's table before the
kernel's view of it, ``ip`` before ``ifconfig``); the first tells, the later ones only fill gaps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from itsm.discovery.parsers.outputs import UnknownKind, parse

Told = list[tuple[str, dict[str, Any]]]
"""(kind, facts) in the order in which they are believed."""

_HARDWARE: Final = (
    "*inventory",
    "*manuinfo",
    "*chassis_hardware",
    "*routerboard",
    "dmidecode",
    "system-profiler",
    "esxcli-platform",
    "systeminfo",
    "ipmi-fru",
    "sysfs-",
    "hostnamectl",
)
_SYSTEM: Final = (
    "os-release",
    "sw-vers",
    "esxcli-version",
    "systeminfo",
    "lsb-release",
    "release-file",
    "system-profiler",
    "hostnamectl",
    "uname",
    "sysctl",
    "lscpu",
)
_ORDER: Final[dict[str, tuple[str, ...]]] = {
    "system": _HARDWARE, "baseboard": _HARDWARE, "chassis": _HARDWARE, "bios": _HARDWARE, "os": _SYSTEM,
    "cpus": ("dmidecode", "system-profiler", "esxcli-cpu", "lscpu", "proc-cpuinfo"),
    "memory_modules": ("dmidecode", "system-profiler", "ipmi-fru"),
    "memory": ("proc-meminfo", "free", "esxcli-memory"),
    "disks": ("lsblk", "smartctl", "hdparm", "system-profiler"),
    "interfaces": ("ip-addr", "ip-link", "ifconfig", "system-profiler"),
    "filesystems": ("df", "lsblk", "mount"),
    "routes": ("ip-route", "netstat", "route"), "arp": ("ip-neigh", "arp"),
}  # fmt: skip

_MAPPINGS: Final = ("system", "baseboard", "chassis", "bios", "os", "memory")
_SCALARS: Final = ("hostname", "domain", "uptime", "default_gateway", "time_zone", "base_mac")
_WHOLE: Final = ("cpus", "routes", "arp", "services", "users", "privileged", "pci_devices", "usb_devices")
"""Lists that are taken from one output, because two of them would tell the same twice in other words."""


def merge(outputs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return one set of facts from (kind, text) of one host; a kind without a parser is passed over.

    The result has the keys of :func:`parse` without ``rows``; ``memory_modules`` holds fitted modules only and
    ``memory_slots`` counts all.
    """
    told: Told = []
    for kind, text in outputs:
        try:
            told.append((kind, parse(kind, text)))
        except UnknownKind:
            continue
    facts: dict[str, Any] = {}
    for name in _MAPPINGS:
        facts[name] = _filled(_believed(name, told))
    for name in _SCALARS:
        facts[name] = next((part for _, part in _believed(name, told)), None)
    for name in _WHOLE:
        facts[name] = next((part for _, part in _believed(name, told)), [])
    for name, key in _JOINED.items():
        facts[name] = _joined((part for _, part in _believed(name, told)), key)
    facts["filesystems"] = _filesystems(_believed("filesystems", told))
    _count_memory(facts, [part for _, part in _believed("memory_modules", told)])
    facts["components"] = _joined((part for _, part in _believed("components", told)), _component)
    return {name: value for name, value in facts.items() if value not in (None, {}, [])}


def _believed(name: str, told: Told) -> list[tuple[str, Any]]:
    """Return (kind, part) of the outputs that tell ``name``, the most believed first."""
    order = _ORDER.get(name, ())

    def rank(item: tuple[str, Any]) -> int:
        return next((at for at, name in enumerate(order) if _is(item[0], name)), len(order))

    return sorted(((kind, facts[name]) for kind, facts in told if facts.get(name) not in (None, [], {})), key=rank)


def _is(kind: str, name: str) -> bool:
    """Tell whether a kind begins with ``name``, or holds it where it is written with a star."""
    return name[1:] in kind if name.startswith("*") else kind.startswith(name)


def _filled(parts: list[tuple[str, Any]]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for _, part in parts:
        for name, value in part.items():
            merged.setdefault(name, value)
    return merged


def _joined(lists: Iterable[list[dict[str, Any]]], key: Callable[[dict[str, Any]], Any]) -> list[dict[str, Any]]:
    """Join lists; a row that is already there (by its key) only fills the gaps of the first."""
    found: dict[Any, dict[str, Any]] = {}
    for rows in lists:
        for number, row in enumerate(rows):
            identity = key(row)
            first = found.setdefault(("", id(rows), number) if identity is None else identity, {})
            for name, value in row.items():
                if first.get(name) in (None, [], ""):
                    first[name] = value
    return list(found.values())


def _disk(row: dict[str, Any]) -> Any:
    return str(row["serial"]).lower() if row.get("serial") else row.get("name")


def _component(row: dict[str, Any]) -> Any:
    return (row.get("serial"), row.get("name") if not row.get("serial") else None, row.get("model"))


def _named(row: dict[str, Any]) -> Any:
    return row.get("name")


def _software(row: dict[str, Any]) -> Any:
    return (row.get("id") or row.get("name"), row.get("version"), row.get("arch"))


def _all(row: dict[str, Any]) -> Any:
    return repr(sorted(row.items(), key=lambda item: item[0]))


_JOINED: Final[dict[str, Callable[[dict[str, Any]], Any]]] = {
    "disks": _disk, "interfaces": _named, "software": _software, "containers": _named, "virtual_machines": _all,
    "neighbours": _all, "forwarding": _all, "vlans": _all, "volumes": _all, "volume_groups": _named,
    "physical_volumes": _all, "pools": _named, "accounts": _named,
}  # fmt: skip
"""Lists that several outputs add to, and what makes two of their rows the same."""


def _filesystems(parts: list[tuple[str, Any]]) -> list[dict[str, Any]]:
    """Return the filesystems that the most believed output lists; the others only fill in what it lacks."""
    if not parts:
        return []
    kept = {row.get("mount") for row in parts[0][1]}
    lists = [[row for row in part if row.get("mount") in kept] for _, part in parts]
    return _joined(lists, lambda row: row.get("mount"))


def _count_memory(facts: dict[str, Any], lists: list[list[dict[str, Any]]]) -> None:
    modules = lists[0] if lists else []
    fitted = [dict(row) for row in modules if row.get("size")]
    by_serial = {str(row["serial"]).lower(): row for rows in lists[1:] for row in rows if row.get("serial")}
    for row in fitted:
        for name, value in by_serial.get(str(row.get("serial", "")).lower(), {}).items():
            row.setdefault(name, value)
    facts["memory_modules"] = fitted
    facts["memory_slots"] = len(modules) or None
