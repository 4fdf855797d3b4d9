"""Identity from standard MIBs: ENTITY, Printer, UPS, RMON, LLDP-MED and HOST-RESOURCES."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from itsm.discovery.knowledge import standard_objects as standard
from itsm.discovery.knowledge.candidates import Candidate
from itsm.discovery.knowledge.catalog import is_generic
from itsm.discovery.knowledge.parts import STACK, Entity
from itsm.discovery.knowledge.plausible import objection
from itsm.discovery.knowledge.reading import Reading

MAX_NAME: Final = 90
PARTS: Final = frozenset({6, 7, 8, 10})
"""Power supplies, fans, sensors and ports: what stands there alone is still a part."""
INNER: Final = frozenset({12, 13, 14, 15})
"""Processors, meters of energy, batteries and disks: a device that names no chassis is none of these either."""
APPLICATION: Final = 0.54
SHORT_NAME: Final = 48
_PART_NUMBER: Final = re.compile(
    r"^[A-Z]{0,2}[\d][\d /.-]{5,}[A-Z]?(-[A-Z]\d*)?$|^[A-Z]{3} ?\d{3} ?\d{2,}/\d"
    r"|^[JRSQ][A-Z]?\d{3,4}[A-Z](#\w+)?$|^(?=.*\d{6})(?=.*[A-Z])[A-Z0-9]{11,}$"
)
NAMED_REVISION: Final = re.compile(r"(?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]{5,24} [vV]?\d+(?:\.\d+)?$")
"""Some makers write which product's revision it is: "TL-SG2008 1.0"."""
GENERIC_DRIVER: Final = 0.5
MICROSOFT: Final = 311
PRINTER_TYPE: Final = "1.3.6.1.2.1.25.3.1.5"
_IEEE_1284: Final = re.compile(r"(?:^|;)\s*(MFG|MANUFACTURER|MDL|MODEL|SN|SERN|SERIALNUMBER)\s*:\s*([^;]+)", re.I)


def from_standard_objects(reading: Reading, entity: Entity) -> Iterator[Candidate]:
    """Yield what the standard MIBs say about the device itself."""
    yield from _chassis(entity)
    yield from _printer(reading)
    yield from _ups(reading)
    yield from _lldp_med(reading)
    yield from _rmon(reading)
    yield from _application(reading)


def _chassis(entity: Entity) -> Iterator[Candidate]:
    chosen = entity.chassis()
    rule, sure = "ENTITY-MIB chassis", 0.8
    if not chosen:
        roots = [
            i
            for i in entity.indexes
            if entity.parents.get(i) in (0, None) and entity.classes.get(i) not in {STACK, *PARTS, *INNER}
        ]
        chosen, rule, sure = tuple(roots), "ENTITY-MIB first root", 0.68
    if chosen:
        ranked = sorted(chosen, key=lambda i: (i not in entity.serials, i not in entity.models))
        yield from _row(entity, ranked[0], rule, sure)
    yield from _elsewhere(entity, chosen)


def _elsewhere(entity: Entity, chosen: tuple[str, ...]) -> Iterator[Candidate]:
    """What no chassis says: the first software revision, and the serial number where there is only one."""
    if entity.software and not any(index in entity.software for index in chosen):
        index, value = next(iter(entity.software.items()))
        yield Candidate("version", value, f"{standard.ENTITY}.10.{index}", "ENTITY-MIB first revision", 0.55)
    devices = {i for i in entity.indexes if entity.classes.get(i) not in PARTS | INNER}
    serials = {text for i, text in entity.serials.items() if i in devices and objection("serial", text) is None}
    if len(serials) == 1 and not any(index in entity.serials for index in chosen):
        index = next(index for index, serial in entity.serials.items() if serial in serials)
        oid = f"{standard.ENTITY}.11.{index}"
        yield Candidate("serial", entity.serials[index], oid, "the only serial number in ENTITY-MIB", 0.66)
    models = {text for i, text in entity.models.items() if i in devices and objection("model", text) is None}
    if len(models) == 1 and not any(index in entity.models for index in chosen):
        index = next(index for index, model in entity.models.items() if model in models)
        oid = f"{standard.ENTITY}.13.{index}"
        yield Candidate("model", entity.models[index], oid, "the only model in ENTITY-MIB", 0.62)


def _row(entity: Entity, index: str, rule: str, sure: float) -> Iterator[Candidate]:
    for field, column, number, weight in (
        ("serial", entity.serials, 11, sure),
        ("version", entity.software, 10, sure - 0.1),
        ("version", entity.firmware, 9, sure - 0.25),
        ("vendor", entity.makers, 12, sure - 0.1),
    ):
        if index in column:
            yield Candidate(field, column[index], f"{standard.ENTITY}.{number}.{index}", rule, weight)
    yield from _named(entity, index, rule, sure)


def _named(entity: Entity, index: str, rule: str, sure: float) -> Iterator[Candidate]:
    """The model's name; where that is a part number, the description is what people call the thing."""
    model, descr = entity.models.get(index), entity.descr.get(index)
    if descr is not None and len(descr) > MAX_NAME:
        descr = descr.split(", ")[0]
    described = descr is not None and any(char.isdigit() for char in descr) and len(descr) <= MAX_NAME
    if model and descr and described and is_part_number(model):
        both = descr if model in descr else f"{descr} ({model})"
        value = both if len(both) <= SHORT_NAME else descr
        yield Candidate("model", value, f"{standard.ENTITY}.2.{index}", f"{rule}, description", sure - 0.04)
    if model:
        weight = sure - (0.2 if is_part_number(model) else 0.05)
        yield Candidate("model", model, f"{standard.ENTITY}.13.{index}", f"{rule}, model name", weight)
    if descr:
        weight = sure - (0.2 if described and not model else 0.35)
        yield Candidate("model", descr, f"{standard.ENTITY}.2.{index}", f"{rule}, description", weight)
    if index in entity.names:
        yield Candidate("model", entity.names[index], f"{standard.ENTITY}.7.{index}", f"{rule}, name", sure - 0.42)


def is_part_number(text: str) -> bool:
    """Return whether a text is an order or drawing number, which names a product to a warehouse only.

    >>> [is_part_number(t) for t in ("186-2003-901", "BFL 510 110/1", "JL635A", "WS-C3750G-24TS", "S4048-ON")]
    [True, True, True, False, False]
    """
    return _PART_NUMBER.match(text) is not None


def _general_host(reading: Reading) -> bool:
    """Whether a computer answers, whose hrDeviceTable lists the printers that it prints on."""
    number = reading.enterprise
    common = number == MICROSOFT or is_generic(number)
    return common and not reading.has(standard.PRINTER)


def _printer(reading: Reading) -> Iterator[Candidate]:
    for number, field in ((17, "serial"), (16, "name")):
        for index, text in list(reading.texts(f"{standard.PRINTER}.5.1.1.{number}").items())[:1]:
            oid = f"{standard.PRINTER}.5.1.1.{number}.{index}"
            if field == "serial":
                yield Candidate(field, text, oid, "Printer-MIB serial number", 0.92)
    types = {} if _general_host(reading) else reading.texts(f"{standard.HOST}.3.2.1.2")
    for index, text in reading.texts(f"{standard.HOST}.3.2.1.3").items():
        if types.get(index, "").lstrip(".") == PRINTER_TYPE:
            sure = GENERIC_DRIVER if text.lower().startswith("generic ") else 0.8
            yield Candidate("model", text, f"{standard.HOST}.3.2.1.3.{index}", "hrDeviceDescr of a printer", sure)
            break
    for index, text in list(reading.texts(f"{standard.PORT_MONITOR}.3").items())[:1]:
        told = {key.upper(): value.strip() for key, value in _IEEE_1284.findall(text)}
        oid = f"{standard.PORT_MONITOR}.3.{index}"
        for field, keys in (
            ("vendor", ("MFG", "MANUFACTURER")),
            ("model", ("MDL", "MODEL")),
            ("serial", ("SN", "SERN", "SERIALNUMBER")),
        ):
            value = next((told[key] for key in keys if key in told), None)
            if value:
                yield Candidate(field, value, oid, "IEEE 1284 device id", 0.85)


def _ups(reading: Reading) -> Iterator[Candidate]:
    for number, field, sure in (
        (1, "vendor", 0.7),
        (2, "model", 0.78),
        (3, "version", 0.6),
        (4, "version", 0.62),
    ):
        oid = f"{standard.UPS}.{number}.0"
        if (text := reading.text(oid)) is not None:
            yield Candidate(field, text, oid, "UPS-MIB", sure)


def _lldp_med(reading: Reading) -> Iterator[Candidate]:
    for number, field, sure in (
        (5, "serial", 0.8),
        (6, "vendor", 0.7),
        (7, "model", 0.75),
        (4, "version", 0.65),
        (3, "version", 0.5),
    ):
        oid = f"{standard.LLDP_MED_LOCAL}.{number}.0"
        if (text := reading.text(oid)) is not None:
            yield Candidate(field, text, oid, "LLDP-MED's own inventory", sure)


def _rmon(reading: Reading) -> Iterator[Candidate]:
    oid = f"{standard.RMON_PROBE}.2.0"
    if (text := reading.text(oid)) is not None:
        yield Candidate("version", text, oid, "RMON probe software revision", 0.72)
    oid = f"{standard.RMON_PROBE}.3.0"
    if (text := reading.text(oid)) is not None and NAMED_REVISION.match(text):
        yield Candidate("model", text, oid, "RMON probe hardware revision, by name", 0.58)


def _application(reading: Reading) -> Iterator[Candidate]:
    """What an appliance runs first is its product, where nothing surer tells the version."""
    for oid, rule in ((standard.PACKAGE, "first package installed"), (standard.APPLICATION, "first application")):
        if (text := reading.text(oid)) is not None:
            yield Candidate("version", text, oid, rule, APPLICATION)
