"""Amounts: written in major units, kept in minor units."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Final

MOST_MINOR: Final = 10**14
_NO_CENTS: Final = frozenset({"JPY"})


def minor(amount: str, currency: str | None) -> int | None:
    """Return an amount as written ("1299.00") in minor units; None where it is no amount."""
    text = amount.replace("\u00a0", "").replace(" ", "").replace(",", ".")
    try:
        exact = Decimal(text)
    except InvalidOperation:
        return None
    if not exact.is_finite() or exact < 0 or exact > MOST_MINOR // 100:
        return None
    units = exact * (1 if currency in _NO_CENTS else 100)
    return int(units) if units == int(units) else None


def amount(minor_units: int | None, currency: str | None) -> str:
    """Return minor units as an amount to be edited: "1299.00"; empty for none."""
    if minor_units is None:
        return ""
    return str(minor_units) if currency in _NO_CENTS else f"{minor_units // 100}.{minor_units % 100:02d}"
