"""Who and what a device is: every candidate collected, weighed and chosen."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from itsm.discovery.knowledge.candidates import Candidate, choose
from itsm.discovery.knowledge.catalog import name_lines
from itsm.discovery.knowledge.description import from_description, from_lldp
from itsm.discovery.knowledge.kind_words import from_words
from itsm.discovery.knowledge.kinds import from_kinds
from itsm.discovery.knowledge.mac_makers import from_mac
from itsm.discovery.knowledge.makers import from_enterprises, from_first_word
from itsm.discovery.knowledge.parts import Entity
from itsm.discovery.knowledge.plausible import letters_digits, objection
from itsm.discovery.knowledge.products import from_products
from itsm.discovery.knowledge.reading import SYS_DESCR, SYS_NAME, Reading, enterprise_of
from itsm.discovery.knowledge.standard_sources import from_standard_objects
from itsm.discovery.knowledge.unlabelled import from_unlabelled
from itsm.discovery.knowledge.vendor_objects import from_mib_objects, from_object_lines
from itsm.discovery.knowledge.versions import cut_version
from itsm.discovery.knowledge.windows import from_windows

MAKER_SHOWN: Final = 0.55
MODEL_LEFT: Final = 4
KERNEL: Final = 0.51
TRUSTED: Final = 0.9
TRUSTED_OBJECTIONS: Final = frozenset({"a MAC address", "too short for a serial number"})
"""What a hand-kept line may say all the same: some makers' serial numbers are the MAC address or short."""
PORTS: Final = re.compile(r"[ ,]+\d+-[Pp]orts? .*[Ss]witch\b.*$")
LEGAL_FORMS: Final = frozenset({"Inc", "Ltd", "Co", "Corp", "GmbH", "LLC"})
NAMED: Final = "MIB object "
"""How the rules begin whose objects a vendor's MIB calls serial numbers; vendor_objects judged them already."""
LEAST: Final = {"vendor": 0.3, "model": 0.5, "version": 0.5, "serial": 0.6, "kind": 0.3, "os": 0.5}
"""An answer below this confidence stays unsaid; 0.5 for fields that are not named."""


def candidates_of(
    reading: Reading, entity: Entity, more: Iterable[Candidate] = (), *, makers_known: bool
) -> dict[str, list[Candidate]]:
    """Return the candidates by field, the winner marked, those with an objection marked as well.

    ``more`` are candidates from elsewhere than SNMP's texts (commands, MAC addresses).
    """
    found: list[Candidate] = list(more)
    if makers_known:
        found += from_object_lines(reading)
    found += from_windows(reading)
    found += from_description(reading, makers_known=makers_known)
    found += from_lldp(reading)
    found += from_products(reading, makers_known=makers_known)
    found += from_standard_objects(reading, entity)
    found += from_mib_objects(reading)
    found += from_enterprises(reading)
    found += from_first_word(reading)
    found = _without_kernel(found)
    judged = _without_numbers(list(_judged(found, reading, makers_known=makers_known)))
    told = any(c.field == "serial" and c.rejected is None and c.confidence >= LEAST["serial"] for c in judged)
    judged += [c for c in from_unlabelled(reading, judged) if not (told and c.field == "serial")]
    fields: dict[str, list[Candidate]] = {}
    for candidate in judged:
        fields.setdefault(candidate.field, []).append(candidate)
    chosen = {field: choose(some, LEAST.get(field, 0.5)) for field, some in fields.items()}
    maker = _won(chosen.get("vendor", []))
    if maker is None:
        makers = [*fields.get("vendor", []), *from_mac(_won(chosen.get("base_mac", [])))]
        chosen["vendor"] = choose(makers, LEAST["vendor"])
        maker = _won(chosen["vendor"])
    chosen["model"] = [
        replace(c, value=without_maker(c.value, maker)) if c.won and maker else c for c in chosen.get("model", [])
    ]
    kinds = [*fields.get("kind", []), *from_kinds(reading, maker), *from_words(reading, _won(chosen["model"]))]
    return {**chosen, "kind": choose(kinds, LEAST["kind"])}


def _without_kernel(found: list[Candidate]) -> list[Candidate]:
    """A kernel's version is the product's only where no maker of an appliance shows itself."""
    if not any(c.field == "vendor" and c.confidence >= MAKER_SHOWN for c in found):
        return found
    return [
        replace(c, rejected="the kernel's version")
        if c.field == "version" and c.object == SYS_DESCR and c.confidence <= KERNEL
        else c
        for c in found
    ]


def _without_numbers(judged: list[Candidate]) -> list[Candidate]:
    """A text that is told as the serial number names no model, whatever its object is called."""
    told = [c for c in judged if c.field == "serial" and c.rejected is None and c.confidence >= LEAST["serial"]]
    numbers = {letters_digits(c.value) for c in told}
    return [
        replace(c, rejected="the serial number") if c.field == "model" and letters_digits(c.value) in numbers else c
        for c in judged
    ]


def _won(candidates: Iterable[Candidate]) -> str | None:
    return next((c.value for c in candidates if c.won), None)


def without_maker(model: str, maker: str) -> str:
    """Return a model without the maker's name in front, where enough of a model remains.

    >>> without_maker("Vertiv IMD5", "Geist Vertiv"), without_maker("Meraki MS", "Cisco Meraki")
    ('IMD5', 'Meraki MS')
    >>> without_maker("Acme Networks, Inc. mx960", "Acme Networks")
    'mx960'
    """
    names = {word.lower() for word in maker.split()}
    words = model.split()
    while len(words) > 1 and words[0].lower().rstrip(",:") in names:
        words = words[1:]
    if len(words) > 1 and words != model.split() and words[0].rstrip(".,") in LEGAL_FORMS:
        words = words[1:]
    rest = " ".join(words)
    return rest if len(rest) >= MODEL_LEFT and any(char.isdigit() for char in rest) else model


def _boxed(model: str, enterprises: set[int | None]) -> str:
    """Return a model by the name on the box, where we keep how the makers' internal names are built.

    The makers are the device's own and the one in whose object the name stands.
    """
    for line in name_lines():
        if line.scope & enterprises and (match := line.pattern.match(model)) is not None:
            return match.expand(line.replacement) + model[match.end() :]
    return model


def _without_ports(model: str) -> str:
    """Return a model without what it has.

    >>> _without_ports("MES2324FB AC 28-port 1G/10G Managed Switch")
    'MES2324FB AC'
    """
    match = PORTS.search(model)
    head = model[: match.start()] if match else ""
    return head if any(char.isdigit() for char in head) else model


def _tidied(raw: Candidate, reading: Reading, *, makers_known: bool) -> str:
    value = raw.value.strip(" \t\r\n\"'")
    if raw.field == "version":
        return cut_version(value)
    if raw.field != "model":
        return value
    value = _without_ports(value)
    return _boxed(value, {reading.enterprise, enterprise_of(raw.object)}) if makers_known else value


def _judged(found: Iterable[Candidate], reading: Reading, *, makers_known: bool) -> Iterable[Candidate]:
    node = (reading.text(SYS_NAME) or "").lower()
    for raw in found:
        candidate = replace(raw, value=_tidied(raw, reading, makers_known=makers_known))
        reason = objection(candidate.field, candidate.value)
        named = candidate.rule.startswith(NAMED)
        if reason in TRUSTED_OBJECTIONS and (candidate.confidence >= TRUSTED or named):
            reason = None
        if candidate.field == "model" and candidate.object == SYS_DESCR and candidate.value.lower() == node:
            reason = "the device's own name"
        yield candidate if reason is None else replace(candidate, rejected=reason)
