"""Values as short texts."""

from __future__ import annotations

from typing import Any, Final

from itsm.insight.drift.enums import RuleKey

_UNITS: Final = ("B", "KB", "MB", "GB", "TB", "PB")


def size_words(size: int | None, step: int = 1000) -> str:
    """Return a size in bytes in the unit that suits it; memory is counted in steps of 1024."""
    if not size or size < 0:
        return ""
    amount, unit = float(size), 0
    while amount >= step and unit < len(_UNITS) - 1:
        amount, unit = amount / step, unit + 1
    text = f"{amount:.1f}".removesuffix(".0")
    return f"{text} {_UNITS[unit]}"


def value_words(rule: RuleKey, value: Any) -> str:
    """Return what stands in a baseline as a text; empty for "not there"."""
    if value is None:
        return ""
    if rule is RuleKey.MEMORY_CHANGED:
        return size_words(value, 1024)
    if rule is RuleKey.SERVICE_APPEARED:
        return "runs"
    if rule is RuleKey.CONFIGURATION_CHANGED:
        return str(value).replace("T", " ").removesuffix("+00:00") + " UTC"
    return str(value)
