"""What a probe should read from a device: standard objects always, a maker's own by enterprise number.

The order of a conversation: read sysObjectID and sysDescr, find which enterprises the agent knows (see
:func:`survey_next`; a handful of GETNEXT requests, and the best there is for the many appliances that answer
with the number of net-snmp), then ask :func:`objects_for` and read what it says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from itsm.discovery.knowledge import configuration
from itsm.discovery.knowledge import standard_objects as standard
from itsm.discovery.knowledge.catalog import client_tables, denied_objects, is_generic, object_lines
from itsm.discovery.knowledge.guests import MACHINE_COLUMNS, VMWARE
from itsm.discovery.knowledge.public_facts import MibObject, mib_objects
from itsm.discovery.knowledge.reading import ENTERPRISES, enterprise_of
from itsm.discovery.knowledge.scoring import object_score, shared_arcs

MAX_SCALARS: Final = 400
MAX_COLUMNS: Final = 150
MAX_SURVEY: Final = 24
BRANCH: Final = 0.1
BARE: Final = 24
TELLING: Final = 0.35
SURE: Final = 0.6
SAMPLE_ROWS: Final = 120
BRANCH_ROWS: Final = 60
BRANCH_DEPTH: Final = 8
"""A sysObjectID with two arcs or more below the enterprise number may be the root of the product's own objects."""
MAX_SAMPLES: Final = 4


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """OIDs to read. ``scalars`` carry their instance; a column covers its whole subtree; a sample is a
    subtree
    of which only the first so many rows are wanted."""

    scalars: tuple[str, ...]
    columns: tuple[str, ...]
    samples: tuple[tuple[str, int], ...] = ()


def survey_next(answer: str | None = None) -> str | None:
    """Return what to ask by GETNEXT next to learn which enterprises an agent knows; None when there are no
    more.

    Begin with no argument, then give each answer's OID. Stop after :data:`MAX_SURVEY` requests in any case.

    >>> survey_next(), survey_next("1.3.6.1.4.1.9.2.1.3.0"), survey_next("1.3.6.1.6.3.1.1.0")
    ('1.3.6.1.4.1', '1.3.6.1.4.1.10', None)
    """
    if answer is None:
        return ENTERPRISES
    number = enterprise_of(answer)
    return None if number is None else f"{ENTERPRISES}.{number + 1}"


def objects_for(sys_object_id: str | None, sys_descr: str | None, enterprises: Iterable[int] = ()) -> ReadPlan:
    """Return what to read from a device with this sysObjectID and sysDescr.

    ``enterprises`` are the enterprise numbers that a survey found. Without one, devices whose sysObjectID
    only names their agent software are asked for a wider list of makers' objects.
    """
    own = enterprise_of((sys_object_id or "").lstrip("."))
    seen = tuple(enterprises)
    numbers = _makers(own, sys_descr or "", seen)
    generic = own is None or is_generic(own)
    scalars = [*standard.SCALARS, *configuration.objects_of(numbers)]
    columns = list(standard.COLUMNS)
    if 6527 in numbers:
        columns.append(standard.NOKIA_LLDP)
    if 1991 in numbers:
        columns += [f"{standard.FDP}.{n}" for n in (3, 5, 6, 7, 8)]
    if 1916 in numbers:
        columns += [f"{standard.EDP}.{n}" for n in (3, 4, 5, 6)]
    for table in client_tables():
        if table.enterprise in numbers:
            columns += [oid for oid in (table.mac, table.address, table.point, table.ssid, table.signal) if oid]
    if VMWARE in numbers:
        columns += MACHINE_COLUMNS
    _add_lines(numbers, wide=generic and not seen, scalars=scalars, columns=columns)
    _add_mib_objects(numbers, (sys_object_id or "").lstrip("."), scalars, columns)
    samples = [(f"{ENTERPRISES}.{number}", rows) for number in (own, *seen) if (rows := _sample_rows(number, own))]
    branch = (sys_object_id or "").lstrip(".")
    if _sample_rows(own, own) and branch.count(".") >= BRANCH_DEPTH and all(map(str.isdigit, branch.split("."))):
        samples.insert(0, (branch, BRANCH_ROWS))
    return ReadPlan(
        tuple(dict.fromkeys(scalars))[:MAX_SCALARS],
        tuple(dict.fromkeys(columns))[:MAX_COLUMNS],
        tuple(dict.fromkeys(samples))[:MAX_SAMPLES],
    )


_SPARED: Final = frozenset({9, 311, 2636, 8072, 2021})
"""Large agents whose objects we know well: a sample would cost and tell nothing."""


def _sample_rows(number: int | None, own: int | None) -> int:
    """How many rows to take below an enterprise.

    A whole sample where no line of ours tells where this maker keeps serial number, model and version, so that a
    look around may find them; a single row of another known enterprise than that of sysObjectID, to have its
    presence on record.
    """
    if number is None or number in _SPARED or is_generic(number):
        return 0
    told = {line.field for line in object_lines() if line.proven and number in line.scope}
    if told >= _IDENTITY:
        return 0 if number == own else 1
    return SAMPLE_ROWS


_IDENTITY: Final = frozenset({"serial", "model", "version"})


def _makers(own: int | None, descr: str, seen: tuple[int, ...]) -> tuple[int, ...]:
    """Return the enterprise numbers worth asking, the likeliest maker first.

    After a survey only what the agent knows is worth a question; before it, names in sysDescr are a hint.
    """
    named = () if seen else standard.makers_named_in(descr)
    numbers = [n for n in (own, *named, *seen) if n is not None]
    return tuple(dict.fromkeys(numbers))


def _add_lines(numbers: tuple[int, ...], *, wide: bool, scalars: list[str], columns: list[str]) -> None:
    wanted = frozenset(numbers)
    for line in object_lines():
        if wide or not line.scope or line.scope & wanted:
            (columns if line.oid.endswith(".*") else scalars).append(line.oid.removesuffix(".*"))


def _add_mib_objects(numbers: tuple[int, ...], object_id: str, scalars: list[str], columns: list[str]) -> None:
    """Add the identity objects of the makers' MIBs; those of the device's own product branch come first."""

    def promise(entry: MibObject) -> float:
        return object_score(entry) + BRANCH * shared_arcs(entry.oid, object_id)

    denied = denied_objects()
    for number in numbers:
        ranked = sorted((e for e in mib_objects(number) if (e.field, e.oid) not in denied), key=promise, reverse=True)
        values = [entry.oid for entry in ranked if entry.scalar][:160]
        # Careless agents give a scalar without its instance; the likeliest objects are asked for both ways.
        scalars += [name for oid in values[:BARE] for name in (f"{oid}.0", oid)] + [f"{oid}.0" for oid in values[BARE:]]
        told = [entry.oid for entry in ranked if not entry.scalar and object_score(entry) >= TELLING]
        parts = [entry.oid for entry in ranked if not entry.scalar and entry.field == "serial"]
        columns += [*told[:24], *parts[:16]]
