"""When two records may become one, and what of one the other may take over."""

from __future__ import annotations

from typing import Any, Final

from itsm.assets.keys import serial_key
from itsm.assets.rules.lifecycle import ENDED, words
from itsm.kernel.errors import RuleBroken
from itsm.kernel.text import phrase

TAKEN: Final = (
    "name",
    "serial",
    "model_id",
    "system_uuid",
    "os_name",
    "os_version",
    "firmware",
    "memory_bytes",
    "custodian_id",
    "owner_id",
    "location_id",
    "department_id",
    "cost_centre_id",
    "supplier",
    "order_number",
    "purchased_on",
    "price_minor",
    "currency",
    "warranty_until",
    "notes",
)
"""Recorded fields that a survivor may take over from the record it absorbs."""
MONEY: Final = frozenset({"supplier", "order_number", "purchased_on", "price_minor", "currency", "warranty_until"})
OBSERVED: Final = {"model_id": ("manufacturer", "model")}
"""Fields that are known to discovery by other names."""


def check(survivor: Any, absorbed: Any) -> None:
    """Raise RuleBroken where the two cannot be one thing."""
    if survivor.id == absorbed.id:
        raise RuleBroken("This is one and the same record.")
    if survivor.organization_id != absorbed.organization_id:
        raise RuleBroken("Assets of two organizations cannot be one thing.")
    if survivor.parent_id == absorbed.id or absorbed.parent_id == survivor.id:
        raise RuleBroken("One of them is built into the other: a part is not the whole.")
    if survivor.status in ENDED and absorbed.status not in ENDED:
        raise RuleBroken(
            phrase(
                "%(tag)s is %(status)s: a thing that is in service cannot disappear in it. Keep %(tag2)s instead.",
                tag=survivor.tag,
                status=words(survivor.status),
                tag2=absorbed.tag,
            )
        )


def contradictions(one: Any, other: Any) -> list[str]:
    """Return the recorded fields by which the two are two things: a device has one serial and one system UUID."""
    found = []
    if one.serial and other.serial and serial_key(one.serial) != serial_key(other.serial):
        found.append("serial")
    if one.system_uuid and other.system_uuid and one.system_uuid.lower() != other.system_uuid.lower():
        found.append("system_uuid")
    return found


def gaps(survivor: Any, absorbed: Any) -> list[str]:
    """Return the fields that only the absorbed record has: what a survivor takes unless somebody says otherwise."""
    return [name for name in TAKEN if getattr(survivor, name) in (None, "") and getattr(absorbed, name)]
