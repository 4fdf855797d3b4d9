"""Numbers from outside: in addresses, form fields and files."""

from __future__ import annotations

from typing import Final

LARGEST: Final = 2**63 - 1
"""The largest whole number that both databases can hold; a larger one is an error there, not an empty result."""


def whole_number(text: object, most: int = LARGEST) -> int | None:
    """Return the whole number that a text is, from 0 to ``most``; None for anything else, an empty text too.

    Only the digits of ASCII count: others are digits to Python, and nothing that people type into these fields.

    >>> whole_number("42"), whole_number("-1"), whole_number("\\u0661"), whole_number("9" * 19), whole_number(None)
    (42, None, None, None, None)
    """
    digits = str(text) if text is not None else ""
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
        return None
    number = int(digits)
    return number if number <= most else None
