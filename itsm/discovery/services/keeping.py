"""Device facts as every database can keep them: no NUL and no half of a character in a text, no number that its column
does not hold.

A device says what it likes, and what one of them says must not keep the batch from being taken in.
"""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, TypeVar

Fact = TypeVar("Fact")
_FAULTS: Final = re.compile("[\x00\ud800-\udfff]")
_MOST: Final = 2**63 - 1
_SMALL: Final = frozenset({"vlan", "type", "level", "signal"})
"""Facts of 32 bits; what is beyond them is none."""


def keepable(fact: Fact) -> Fact:
    """Return a fact, or all facts in it, as a database can keep them; the very same where there is nothing to mend."""
    return _kept(fact)  # type: ignore[no-any-return]


def _field(name: str, value: Any) -> Any:
    if name in _SMALL and type(value) is int and not -(2**31) <= value < 2**31:
        return None
    return _kept(value)


def _kept(value: Any) -> Any:
    if type(value) is str:
        return value if value.isascii() and "\x00" not in value else _FAULTS.sub("", value)
    if type(value) is int:
        return max(-_MOST, min(_MOST, value))
    if type(value) is tuple:
        parts = tuple(map(_kept, value))
        return parts if any(new is not old for new, old in zip(parts, value, strict=True)) else value
    if is_dataclass(value) and not isinstance(value, type):
        told = {one.name: getattr(value, one.name) for one in fields(value)}
        mended = {name: new for name, old in told.items() if (new := _field(name, old)) is not old}
        return replace(value, **mended) if mended else value
    return value
