"""Reading a table of assets: which column means what, and what each cell says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from itsm.assets.enums import AssetKind, AssetStatus

LENGTHS: Final = {
    "name": 200,
    "tag": 40,
    "maker": 200,
    "model": 200,
    "serial": 120,
    "supplier": 200,
    "order_number": 80,
}
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "tag": ("tag", "asset tag", "inventory number"),
    "name": ("name", "asset name", "hostname"),
    "kind": ("kind", "type"),
    "status": ("status", "state"),
    "category": ("category",),
    "maker": ("manufacturer", "maker", "vendor"),
    "model": ("model",),
    "serial": ("serial number", "serial", "serial no"),
    "custodian": ("custodian", "assigned to", "user", "mail"),
    "owner": ("owner",),
    "location": ("location",),
    "department": ("department",),
    "cost_centre": ("cost centre", "cost center"),
    "supplier": ("supplier",),
    "order_number": ("order number", "order"),
    "purchased_on": ("purchased", "purchase date", "purchased on"),
    "price": ("price", "purchase cost"),
    "currency": ("currency",),
    "warranty_until": ("warranty until", "warranty"),
    "notes": ("notes", "note"),
}
"""What is understood, by the names a column may have (in any case)."""
_BY_NAME: Final = {name: field for field, names in COLUMNS.items() for name in names}


def fields_of(header: Iterable[str], custom: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return column -> field of a header, and the columns that mean nothing to us.

    ``custom`` maps the names of custom fields, in lower case, to their form names (``custom.key``). Of two columns that
    mean the same the first counts.
    """
    found: dict[str, str] = {}
    unknown: list[str] = []
    for column in header:
        name = " ".join(column.casefold().replace("_", " ").split())
        field = _BY_NAME.get(name) or custom.get(name)
        if field is None or field in found.values():
            unknown.append(column)
        else:
            found[column] = field
    return found, unknown


def kind(text: str, words: Mapping[str, str]) -> AssetKind:
    """Return the kind that a cell names, by value or by word. Raises ValueError with a sentence."""
    found = _named(text, AssetKind, words)
    if found is None:
        raise ValueError(f"“{text[:60]}” is no kind of asset.")
    return AssetKind(found)


def status(text: str, words: Mapping[str, str]) -> AssetStatus:
    """Return the status that a cell names, by value or by word. Raises ValueError with a sentence."""
    found = _named(text, AssetStatus, words)
    if found is None:
        raise ValueError(f"“{text[:60]}” is no status.")
    return AssetStatus(found)


def _named(text: str, kind_: Any, words: Mapping[str, str]) -> str | None:
    """``words`` maps words in lower case to values."""
    plain = text.casefold().strip()
    value = plain.replace(" ", "_").replace("-", "_")
    return value if value in {member.value for member in kind_} else words.get(plain)


def day(text: str) -> date:
    """Return the day a cell names: 2026-11-23 or 23.11.2026. Raises ValueError with a sentence."""
    parts = text.strip().split(".")
    try:
        if len(parts) == 3:
            return date(int(parts[2]), int(parts[1]), int(parts[0]))
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"“{text[:40]}” is no date such as 2026-11-23.") from None


def bounded(field: str, text: str) -> str:
    """Return a text that fits its column. Raises ValueError with a sentence."""
    most = LENGTHS.get(field, 100_000)
    if len(text) > most:
        raise ValueError(f"At most {most} characters, please.")
    return text
