"""HTTP in, a service's command out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator, StringConstraints

from itsm.insight.causes.enums import BannerScope, Look
from itsm.kernel.text import one_line
from itsm.web.forms import Blank, OptionalLine, OptionalRowId, Schema

Message = Annotated[
    str, BeforeValidator(lambda text: one_line(text, 10_000)), StringConstraints(min_length=1, max_length=500)
]


class IncidentForm(Schema):
    """What the tickets have in common (``switch:12``): the rest is found again, not believed."""

    key: Annotated[str, StringConstraints(min_length=1, max_length=400)]


class BannerForm(Schema):
    """What the portal says, to whom and for how long."""

    message: Message
    scope: BannerScope = BannerScope.ORGANIZATION
    location_id: OptionalRowId = None
    hours: Annotated[int | None, Blank] = None
    """How long from now on; None keeps the moment that stands."""


class DismissForm(Schema):
    """Why it is not this."""

    reason: OptionalLine = ""


class LookForm(Schema):
    """A look, and for SSH the question."""

    look: Look
    question: Annotated[str, StringConstraints(max_length=40)] = ""


def until(form: BannerForm, now: datetime, standing: datetime | None = None) -> datetime:
    """Return until when a banner is shown."""
    if form.hours is None and standing is not None:
        return standing
    return now + timedelta(hours=max(0, min(form.hours or 4, 24 * 31)))
