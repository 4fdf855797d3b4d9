"""Custom values: from what was typed to JSON and back, by the field's type."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from itsm.fields.enums import FieldType
from itsm.kernel.errors import Invalid
from itsm.kernel.text import one_line

MOST = 1000
"""Characters that a custom text may have."""
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,6})?")


@dataclass(frozen=True, slots=True)
class Definition:
    """A custom field as the rules need it."""

    key: str
    name: str
    type: FieldType
    choices: tuple[str, ...] = ()
    required: bool = False


def parsed(definitions: Iterable[Definition], typed: Mapping[str, str], *, prefix: str = "custom.") -> dict[str, Any]:
    """Return the values by key, as JSON types; empty ones are left out.

    ``typed`` is keyed by ``prefix`` + key. Raises Invalid with a sentence a field, also for undefined fields.
    """
    known = {definition.key: definition for definition in definitions}
    errors: dict[str, str] = {}
    found: dict[str, Any] = {}
    for name in typed:
        if name.removeprefix(prefix) not in known:
            errors[name] = "This form has no such field."
    for key, definition in known.items():
        text = one_line(typed.get(prefix + key, "") or "", MOST + 1)
        try:
            value = _value(definition, text)
        except ValueError as fault:
            errors[prefix + key] = str(fault)
            continue
        if value is not None:
            found[key] = value
        elif definition.required:
            errors[prefix + key] = "Please fill this in."
    if errors:
        raise Invalid(errors)
    return found


def _value(definition: Definition, text: str) -> Any:
    if not text:
        return None
    if definition.type is FieldType.NUMBER:
        if not _NUMBER.fullmatch(text):
            raise ValueError("Please write a number such as 12 or 12.5.")
        return float(text) if "." in text else int(text)
    if definition.type is FieldType.DATE:
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            raise ValueError("Please write a date such as 2026-11-23.") from None
    if definition.type is FieldType.BOOLEAN:
        if text not in ("yes", "no"):
            raise ValueError("Please choose one of the values offered.")
        return text == "yes"
    if definition.type is FieldType.CHOICE and text not in definition.choices:
        raise ValueError("Please choose one of the values offered.")
    if len(text) > MOST:
        raise ValueError(f"At most {MOST} characters, please.")
    return text


def typed(definition: Definition, value: Any) -> str:
    """Return a stored value as it stands in a form; empty for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def field_key(name: str) -> str:
    """Return the key under which values of a field of this name are stored. Raises Invalid where no letter is left."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    key = re.sub(r"[^a-z0-9]+", "_", bare).strip("_")[:40]
    if not key:
        raise Invalid({"name": "Please use at least one letter from a to z."})
    return key
