"""Who and what a device is: every candidate collected, weighed and chosen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from itsm.discovery.knowledge.candidates import Candidate, choose
from itsm.discovery.knowledge.description import from_description
from itsm.discovery.knowledge.kinds import from_kinds
from itsm.discovery.knowledge.makers import from_enterprises
from itsm.discovery.knowledge.parts import Entity
from itsm.discovery.knowledge.plausible import objection
from itsm.discovery.knowledge.products import from_products
from itsm.discovery.knowledge.reading import Reading
from itsm.discovery.knowledge.standard_sources import from_standard_objects
from itsm.discovery.knowledge.vendor_objects import from_mib_objects, from_object_lines

LEAST: Final = {"vendor": 0.3, "model": 0.5, "version": 0.5, "serial": 0.6, "kind": 0.3, "os": 0.5}


def candidates_of(reading: Reading, entity: Entity, *, makers_known: bool) -> dict[str, list[Candidate]]:
    """Return the candidates by field, the winner marked, those with an objection marked as well."""
    found: list[Candidate] = []
    if makers_known:
        found += from_object_lines(reading)
    found += from_description(reading, makers_known=makers_known)
    found += from_products(reading, makers_known=makers_known)
    found += from_standard_objects(reading, entity)
    found += from_mib_objects(reading)
    found += from_enterprises(reading)
    found += from_kinds(reading)
    fields: dict[str, list[Candidate]] = {}
    for candidate in _judged(found):
        fields.setdefault(candidate.field, []).append(candidate)
    return {field: choose(some, LEAST.get(field, 0.5)) for field, some in fields.items()}


def _judged(found: Iterable[Candidate]) -> Iterable[Candidate]:
    for candidate in found:
        reason = objection(candidate.field, candidate.value)
        yield candidate if reason is None else replace(candidate, rejected=reason)
