"""What a device is and has, decided from the raw facts of a report: the knowledge base.

:func:`describe` turns a :class:`~itsm.discovery.wire.HostReport` into a
:class:`~itsm.discovery.facts.Device`;
:func:`explain` lists every answer that was considered.  Pure Python over data files: no application, no
database.
"""

from __future__ import annotations

from itsm.discovery.facts import Component, Device, DeviceKind
from itsm.discovery.knowledge.candidates import Candidate
from itsm.discovery.knowledge.forwarding import forwarding_of
from itsm.discovery.knowledge.host_resources import filesystems_of, memory_of, software_of
from itsm.discovery.knowledge.identify import candidates_of
from itsm.discovery.knowledge.inventory import parts_in_tables
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
    fields = candidates_of(reading, entity, makers_known=makers_known)
    won = {field: next((c for c in some if c.won), None) for field, some in fields.items()}

    def value(field: str) -> str | None:
        winner = won.get(field)
        return None if winner is None else winner.value

    return Device(
        address=report.address,
        kind=DeviceKind(value("kind") or "unknown"),
        vendor=value("vendor"),
        model=value("model"),
        version=value("version"),
        serial=value("serial"),
        name=reading.text(SYS_NAME),
        engine_id=report.engine_id,
        memory_bytes=memory_of(reading),
        page_count=page_count_of(reading),
        ports=ports_of(reading),
        ips=addresses_of(reading),
        supplies=supplies_of(reading),
        components=_components(reading, entity),
        neighbours=neighbours_of(reading),
        software=software_of(reading),
        forwarding=forwarding_of(reading),
        vlans=vlans_of(reading),
        filesystems=filesystems_of(reading),
        why=tuple(c.evidence() for c in won.values() if c is not None),
    )


def _components(reading: Reading, entity: Entity) -> tuple[Component, ...]:
    standard = parts_of(entity)
    known = frozenset(letters_digits(part.serial) for part in standard if part.serial)
    return standard + parts_in_tables(reading, known)


def explain(report: HostReport, *, makers_known: bool = True) -> list[Candidate]:
    """Return every candidate that was considered, field by field, the surest first, the winner marked."""
    reading = Reading(report.varbinds)
    fields = candidates_of(reading, Entity(reading), makers_known=makers_known)
    return [c for some in fields.values() for c in sorted(some, key=lambda c: (not c.won, -c.confidence))]
