"""What a device is and has, decided from the raw facts of a report: the knowledge base.

:func:`describe` turns a :class:`~itsm.discovery.wire.HostReport` into a
:class:`~itsm.discovery.facts.Device`;
:func:`explain` lists every answer that was considered.  Pure Python over data files: no application, no
database.
"""

from __future__ import annotations

from itsm.discovery.facts import Component, Device, DeviceKind, Neighbour
from itsm.discovery.knowledge import commands
from itsm.discovery.knowledge.candidates import Candidate
from itsm.discovery.knowledge.configuration import ConfigurationChange, changes_of
from itsm.discovery.knowledge.forwarding import forwarding_of
from itsm.discovery.knowledge.guests import guests_of
from itsm.discovery.knowledge.host_resources import STORAGE_TABLE, filesystems_of, memory_of, software_of
from itsm.discovery.knowledge.identify import candidates_of
from itsm.discovery.knowledge.inventory import parts_in_tables
from itsm.discovery.knowledge.macs import from_macs
from itsm.discovery.knowledge.neighbours import neighbours_of
from itsm.discovery.knowledge.parts import Entity, parts_of
from itsm.discovery.knowledge.plausible import letters_digits
from itsm.discovery.knowledge.ports import addresses_of, ports_of, vlans_of
from itsm.discovery.knowledge.reading import SYS_NAME, Reading
from itsm.discovery.knowledge.supplies import page_count_of, supplies_of
from itsm.discovery.wire import HostReport

__all__ = ["Candidate", "describe", "explain"]


def describe(report: HostReport, *, makers_known: bool = True) -> Device:
    """Return everything that a report tells about a device; unknown is None or empty, never a guess.

    ``makers_known=False`` leaves out every line of the data files that names a maker: it measures how well a
    device of an unknown maker would be read.
    """
    reading = Reading(report.varbinds)
    entity = Entity(reading)
    told = commands.facts_of_commands(report.outputs)
    ports = commands.ports_with(ports_of(reading), told)
    more = [*commands.from_commands(told), *from_macs(reading, ports)]
    fields = candidates_of(reading, entity, more, makers_known=makers_known)
    won = {field: next((c for c in some if c.won), None) for field, some in fields.items()}
    answers = {field: winner.value for field, winner in won.items() if winner is not None}
    os_name, os_version = split_os(answers.get("os"))
    return Device(
        address=report.address,
        kind=DeviceKind(answers.get("kind", "unknown")),
        vendor=answers.get("vendor"),
        model=answers.get("model"),
        version=answers.get("version"),
        serial=answers.get("serial"),
        name=reading.text(SYS_NAME) or answers.get("name"),
        system_uuid=answers["uuid"].lower() if "uuid" in answers else None,
        base_mac=answers.get("base_mac"),
        engine_id=report.engine_id,
        os_name=os_name,
        os_version=os_version,
        memory_bytes=commands.memory_in(told) or memory_of(reading),
        page_count=page_count_of(reading),
        ports=ports,
        ips=_addresses(reading, told),
        supplies=supplies_of(reading),
        components=(*_components(reading, entity), *commands.components_in(told)),
        neighbours=_neighbours(reading, told),
        software=commands.software_in(told) or software_of(reading),
        forwarding=tuple(dict.fromkeys([*forwarding_of(reading), *commands.forwarding_in(told)])),
        vlans=vlans_of(reading),
        guests=guests_of(reading, commands.guests_in(told, "virtual_machines")),
        containers=commands.guests_in(told, "containers"),
        filesystems=commands.filesystems_in(told) or filesystems_of(reading),
        users=commands.names_in(told, "users"),
        services=commands.names_in(told, "services"),
        privileged=commands.privileged_in(told),
        why=tuple(c.evidence() for c in won.values() if c is not None),
    )


def filesystems(report: HostReport) -> tuple[tuple[str, int, int], ...]:
    """Return (mount point, size, used) in bytes of the filesystems, without looking at anything else: how full they are
    moves although nothing else does."""
    told = commands.facts_of_commands(output for output in report.outputs if output.kind in commands.FILESYSTEM_KINDS)
    rows = [one for one in report.varbinds if one.oid.startswith(STORAGE_TABLE)]
    return commands.filesystems_in(told) or filesystems_of(Reading(rows))


def configuration_changed(report: HostReport) -> tuple[ConfigurationChange, ...]:
    """Return when the device says that its configuration was changed last, without looking at anything else: it is told
    in uptimes, which make no new content."""
    return changes_of(report)


def explain(report: HostReport, *, makers_known: bool = True) -> list[Candidate]:
    """Return every candidate that was considered, field by field, the surest first, the winner marked."""
    reading = Reading(report.varbinds)
    told = commands.facts_of_commands(report.outputs)
    more = [*commands.from_commands(told), *from_macs(reading, ports_of(reading))]
    fields = candidates_of(reading, Entity(reading), more, makers_known=makers_known)
    return [c for some in fields.values() for c in sorted(some, key=lambda c: (not c.won, -c.confidence))]


def split_os(text: str | None) -> tuple[str | None, str | None]:
    """Return (name, version) of an operating system; the version begins at the first number.

    >>> split_os("CentOS Linux 7 (Core)"), split_os("Windows Server 2019"), split_os(None)
    (('CentOS Linux', '7 (Core)'), ('Windows Server', '2019'), (None, None))
    """
    if not text:
        return None, None
    words = text.split()
    at = next((n for n, word in enumerate(words) if n and word[0].isdigit()), len(words))
    return " ".join(words[:at]), " ".join(words[at:]) or None


def _addresses(reading: Reading, told: commands.Facts) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*addresses_of(reading), *commands.addresses_in(told)]))


def _components(reading: Reading, entity: Entity) -> tuple[Component, ...]:
    standard = parts_of(entity)
    known = frozenset(letters_digits(part.serial) for part in standard if part.serial)
    return standard + parts_in_tables(reading, known)


def _neighbours(reading: Reading, told: commands.Facts) -> tuple[Neighbour, ...]:
    """SNMP's neighbours and those of commands whose port and host SNMP did not tell already."""
    known = neighbours_of(reading)
    pairs = {(n.port, n.host) for n in known}
    return known + tuple(n for n in commands.neighbours_in(told) if (n.port, n.host) not in pairs)
