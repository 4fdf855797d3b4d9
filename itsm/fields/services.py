"""Defining custom fields. Who may do it is the business of the room whose things get the field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from itsm.fields.enums import FieldType
from itsm.fields.models import CustomField
from itsm.fields.queries import MOST_FIELDS
from itsm.fields.rules.values import field_key
from itsm.infra.unit import current_unit
from itsm.kernel.errors import Invalid
from itsm.kernel.text import phrase


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDefinition:
    """A custom field as somebody wants it. ``choices`` counts for FieldType.CHOICE only."""

    name: str
    type: FieldType
    scope_id: int | None = None
    choices: Sequence[str] = ()
    required: bool = False


def define(subject: str, organization_id: int, wish: FieldDefinition) -> CustomField:
    """Add a custom field. Raises Invalid for a name that is taken, a choice without choices, or too many fields."""
    session = current_unit().session
    mine = CustomField.subject == subject, CustomField.organization_id == organization_id
    if (session.scalar(select(func.count(CustomField.id)).where(*mine)) or 0) >= MOST_FIELDS:
        raise Invalid(
            {"name": phrase("There are %(most_fields)s fields already. Remove one first.", most_fields=MOST_FIELDS)}
        )
    key = field_key(wish.name)
    if session.scalar(select(CustomField.id).where(*mine, CustomField.key == key)) is not None:
        raise Invalid({"name": "There is a field of this name already."})
    field = CustomField(organization_id=organization_id, subject=subject, key=key, scope_id=wish.scope_id)
    session.add(field)
    field.name, field.type, field.required = wish.name, wish.type, wish.required
    field.choices = _choices(wish)
    session.flush()
    return field


def _choices(wish: FieldDefinition) -> list[str]:
    if wish.type is not FieldType.CHOICE:
        return []
    chosen = list(dict.fromkeys(choice for choice in wish.choices if choice))
    if not 1 <= len(chosen) <= 100:
        raise Invalid({"choices": "Write between 1 and 100 choices, one a line."})
    return chosen


def remove(field: CustomField) -> None:
    """Remove the definition. Values that things hold stay in them and appear again with a field of the same name."""
    current_unit().session.delete(field)
