"""What the pages of the organisation send."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, StringConstraints

from itsm.org.models import LocationKind
from itsm.web.forms import Blank, Line, OptionalLine, OptionalRowId, RowId, Schema
from itsm.web.texts import _

ACCENTS = ("blue", "indigo", "violet", "pink", "red", "orange", "green", "teal")
"""The accent colours; each keeps 4.5:1 as text and under white text, in both themes (tests/org holds it)."""


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(_("Please write a time zone such as Europe/Berlin."))
    return name


def _single(name: str) -> str:
    if "/" in name:
        raise ValueError(_("A name holds no slash: it separates the levels of a path."))
    return name


Node = Annotated[Line, AfterValidator(_single)]
Zone = Annotated[str, StringConstraints(max_length=60), AfterValidator(_zone)]


class OrganizationForm(Schema):
    """A company."""

    name: Line


class LocationForm(Schema):
    """A place in the tree."""

    organization_id: RowId
    parent_id: OptionalRowId = None
    name: Node
    kind: LocationKind
    time_zone: Annotated[Zone | None, Blank] = None


class DepartmentForm(Schema):
    """A department in the tree."""

    organization_id: RowId
    parent_id: OptionalRowId = None
    name: Node


class CostCentreForm(Schema):
    """Who pays."""

    organization_id: RowId
    code: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    name: Line


class InstallationForm(Schema):
    """What holds for the whole installation."""

    product_name: Annotated[OptionalLine, StringConstraints(max_length=40)] = ""
    accent: Literal["blue", "indigo", "violet", "pink", "red", "orange", "green", "teal"]
