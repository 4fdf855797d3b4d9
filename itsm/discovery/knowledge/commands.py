"""What the read-only commands over SSH told, made part of a device: for hosts it beats what SNMP says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from itsm.discovery.facts import Component, Forwarding, Guest, Neighbour, Port, Software
from itsm.discovery.knowledge.candidates import Candidate
from itsm.discovery.knowledge.guests import plain_uuid
from itsm.discovery.parsers import merge
from itsm.discovery.wire import CommandOutput

SURE: Final = 0.97
MOST_GUESTS: Final = 4_000
_COMMANDS: Final = "commands over SSH"
_VIRTUAL: Final = re.compile(
    r"vmware|virtualbox|\bkvm\b|qemu|bochs|hvm domu|virtual machine|standard pc|openstack|google compute|amazon ec2"
    r"|parallels|bhyve",
    re.I,
)
_CHASSIS: Final = (
    (re.compile(r"laptop|notebook|portable|convertible|detachable", re.I), "laptop"),
    (re.compile(r"desktop|tower|all in one|mini pc|stick pc|space-saving", re.I), "workstation"),
    (re.compile(r"rack|blade|server|multi-system", re.I), "server"),
)

Facts = dict[str, Any]


FILESYSTEM_KINDS: Final = frozenset({"df"})
"""Outputs that tell how full filesystems are."""


def facts_of_commands(outputs: Iterable[CommandOutput]) -> Facts:
    """Return one set of wire facts from a report's command outputs; failed commands say nothing."""
    told = [(output.kind, output.stdout) for output in outputs if output.stdout and output.status in (0, None)]
    return merge(told) if told else {}


def from_commands(facts: Facts) -> Iterator[Candidate]:
    """Yield what the firmware's tables and the operating system say about the whole machine."""
    system, board, os = (facts.get(name, {}) for name in ("system", "baseboard", "os"))
    for field in ("vendor", "model", "serial", "uuid"):
        if system.get(field):
            yield _told(field, system[field], f"system {field}", SURE)
        elif board.get(field) and field in ("vendor", "model"):
            yield _told(field, board[field], f"baseboard {field}", SURE - 0.1)
    version = os.get("version") or system.get("version") if not system.get("uuid") else os.get("version")
    if version:
        yield _told("version", version, "version of the operating system", SURE)
    if os.get("name"):
        yield _told("os", " ".join(str(part) for part in (os["name"], os.get("version")) if part), "os", SURE)
    for field, name in (("name", "hostname"), ("base_mac", "base_mac")):
        if facts.get(name):
            yield _told(field, facts[name], name, SURE)
    yield from _kinds(facts)


def _told(field: str, value: Any, what: str, sure: float) -> Candidate:
    return Candidate(field, str(value), _COMMANDS, f"commands tell the {what}", sure)


def _kinds(facts: Facts) -> Iterator[Candidate]:
    system, chassis = facts.get("system", {}), facts.get("chassis", {})
    if _VIRTUAL.search(f"{system.get('vendor', '')} {system.get('model', '')}"):
        yield _told("kind", "virtual_machine", "hypervisor as its hardware", 0.95)
    for pattern, kind in _CHASSIS:
        if pattern.search(str(chassis.get("type", ""))):
            yield _told("kind", kind, f"chassis type {chassis['type']}", 0.9)
            break
    if "esx" in str(facts.get("os", {}).get("name", "")).lower():
        yield _told("kind", "hypervisor", "operating system of a hypervisor", 0.96)


def ports_with(ports: tuple[Port, ...], facts: Facts) -> tuple[Port, ...]:
    """Return the ports with what the commands know: their word on a name counts, new names are added."""
    found = list(ports)
    places = {port.name: place for place, port in reversed(list(enumerate(ports)))}
    shorter = {short: place for name, place in places.items() if (short := _short_name(name)) is not None}
    for row in facts.get("interfaces", []):
        name = str(row.get("name") or "")
        if name in places:
            found[places[name]] = _port(row, found[places[name]])
        elif (short := _short_name(name)) is not None and (place := shorter.get(short)) is not None:
            found[place] = replace(_port(row, found[place]), name=found[place].name)
        elif name:
            found.append(_port(row, Port(name)))
    return tuple(found)


_PORT_NAME: Final = re.compile(r"([A-Za-z]{2})[A-Za-z-]* ?(\d+(?:/\d+)*(?:\.\d+)?)$")


def _short_name(name: str) -> str | None:
    """Return a port's name with the two letters that network systems shorten its kind to, or None for other names.

    >>> _short_name("GigabitEthernet1/0/1"), _short_name("Gi1/0/1"), _short_name("ether1")
    ('gi1/0/1', 'gi1/0/1', 'et1')
    """
    match = _PORT_NAME.match(name)
    return None if match is None else (match[1] + match[2]).lower()


def _port(row: Facts, known: Port) -> Port:
    return replace(
        known,
        name=str(row["name"]),
        mac=row.get("mac") or known.mac,
        speed=_whole(row.get("speed")) or known.speed,
        index=_whole(row.get("index")) or known.index,
        alias=row.get("description") or known.alias,
        admin_up=known.admin_up if _flag(row.get("up")) is None else _flag(row["up"]),
        oper_up=known.oper_up if _flag(row.get("link")) is None else _flag(row["link"]),
        vlan=_whole(row.get("vlan")) or known.vlan,
        lag=_aggregate(row.get("master")) or known.lag,
    )


def _aggregate(master: Any) -> str | None:
    """Return the interface's master where it is a bond; a bridge or a VRF is none."""
    return master if isinstance(master, str) and re.match(r"(bond|team|lag)\w*$", master) else None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def addresses_in(facts: Facts) -> tuple[str, ...]:
    """Return the addresses of the interfaces, without prefix lengths and zones."""
    rows = facts.get("interfaces", [])
    return tuple(str(ip).split("/")[0].split("%")[0] for row in rows for ip in row.get("ips") or [] if ip)


def components_in(facts: Facts) -> tuple[Component, ...]:
    """Return processors, memory modules, disks and the parts that an inventory command lists."""
    found: list[Component] = []
    for kind, name in (
        ("processor", "cpus"),
        ("memory", "memory_modules"),
        ("disk", "disks"),
        ("module", "components"),
    ):
        for row in facts.get(name, []):
            title = row.get("name") or row.get("model") or row.get("slot") or row.get("type") or kind
            found.append(
                Component(
                    kind=kind,
                    name=str(title),
                    model=_text(row.get("model")) or (_text(row.get("name")) if kind == "processor" else None),
                    serial=_text(row.get("serial")),
                    vendor=_text(row.get("vendor")),
                    version=_text(row.get("version") or row.get("firmware")),
                    size=_whole(row.get("size")),
                    slot=_text(row.get("slot") or row.get("socket")),
                )
            )
    return tuple(found)


def _text(value: Any) -> str | None:
    return str(value).strip() or None if value is not None else None


def software_in(facts: Facts) -> tuple[Software, ...]:
    """Return the installed packages and programs."""
    rows = facts.get("software", [])
    titles = (
        Software(str(r["name"]), _text(r.get("version")), _text(r.get("publisher"))) for r in rows if r.get("name")
    )
    return tuple(dict.fromkeys(titles))


def filesystems_in(facts: Facts) -> tuple[tuple[str, int, int], ...]:
    """Return (mount point, size, used) in bytes of the filesystems whose size is told."""
    rows = facts.get("filesystems", [])
    return tuple(
        (str(row["mount"]), row["size"], _whole(row.get("used")) or 0)
        for row in rows
        if row.get("mount") and _whole(row.get("size"))
    )


def neighbours_in(facts: Facts) -> tuple[Neighbour, ...]:
    """Return the neighbours that a network device's own commands list."""
    return tuple(
        Neighbour(
            port=_text(row.get("port")),
            host=_text(row.get("host")),
            protocol=str(row.get("protocol") or "lldp"),
            bridges=None,
            **{name: _text(row.get(name)) for name in _NEIGHBOUR},
        )
        for row in facts.get("neighbours", [])
    )


_NEIGHBOUR: Final = ("chassis_id", "remote_port", "address", "platform", "version", "serial", "vendor", "model")


def forwarding_in(facts: Facts) -> tuple[Forwarding, ...]:
    """Return forwarding and ARP entries that the commands list."""
    fdb = (
        Forwarding(str(row["mac"]), "fdb", _text(row.get("port")), _whole(row.get("vlan")))
        for row in facts.get("forwarding", [])
        if row.get("mac")
    )
    arp = (
        Forwarding(str(row["mac"]), "arp", _text(row.get("interface")), address=_text(row.get("address")))
        for row in facts.get("arp", [])
        if row.get("mac") and row.get("address")
    )
    return tuple(dict.fromkeys([*fdb, *arp]))


def guests_in(facts: Facts, what: str) -> tuple[Guest, ...]:
    """Return the ``virtual_machines`` or ``containers`` that the commands list, each name (or UUID) once."""
    found: dict[str, Guest] = {}
    for row in facts.get(what, []):
        name, uuid = _text(row.get("name") or row.get("id")), _text(row.get("uuid"))
        if name is None:
            continue
        told = Guest(name, plain_uuid(uuid), _text(row.get("state")), _text(row.get("guest") or row.get("image")))
        known = found.get(name)
        found[name] = told if known is None else _joined(known, told)
    return tuple(found.values())[:MOST_GUESTS]


def _joined(one: Guest, other: Guest) -> Guest:
    return replace(
        one,
        uuid=one.uuid or other.uuid,
        state=one.state or other.state,
        system=one.system or other.system,
        macs=tuple(dict.fromkeys([*one.macs, *other.macs])),
    )


def memory_in(facts: Facts) -> int | None:
    """Return the main memory in bytes: the modules' sizes together, else what the kernel counts."""
    modules = sum(_whole(row.get("size")) or 0 for row in facts.get("memory_modules", []))
    return modules or _whole(facts.get("memory", {}).get("total"))


def names_in(facts: Facts, what: str) -> tuple[str, ...]:
    """Return the names of ``users`` who are logged in, or of ``services`` that run."""
    rows = facts.get(what, [])
    running = (row for row in rows if what != "services" or row.get("active", row.get("state")) not in _STOPPED)
    return tuple(dict.fromkeys(str(row["name"]) for row in running if row.get("name")))


def privileged_in(facts: Facts) -> tuple[tuple[str, str], ...]:
    """Return the accounts that may do all on a host, each with its reason."""
    rows = facts.get("privileged", [])
    return tuple(sorted((str(row["name"]), str(row.get("by", ""))) for row in rows if row.get("name")))


_STOPPED: Final = (None, "inactive", "failed", "dead", "stopped", "STOPPED", False)
