"""Which custom fields a thing has."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from itsm.fields.models import CustomField
from itsm.fields.rules.values import Definition

MOST_FIELDS = 60


def fields_of(
    session: Session, subject: str, organization_id: int, scope_id: int | None = None
) -> Sequence[CustomField]:
    """Return the fields of a sort of thing that hold for this scope (and for all), in order."""
    scope = CustomField.scope_id.is_(None)
    wanted = select(CustomField).where(
        CustomField.subject == subject,
        CustomField.organization_id == organization_id,
        scope if scope_id is None else or_(scope, CustomField.scope_id == scope_id),
    )
    return session.scalars(wanted.order_by(CustomField.position, CustomField.name).limit(MOST_FIELDS)).all()


def definition(field: CustomField) -> Definition:
    """Return a field as the rules need it."""
    return Definition(field.key, field.name, field.type, tuple(field.choices), field.required)
