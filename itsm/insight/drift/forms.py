"""What the pages of drift send."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, field_validator

from itsm.assets.enums import AssetKind
from itsm.insight.drift.enums import RuleKey
from itsm.insight.drift.services.planning import WindowFacts
from itsm.tickets.enums import Level
from itsm.web.forms import Blank, Line, OptionalLine, OptionalRowId, RowId, Schema


def _without_blanks(value: Any) -> Any:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if not (isinstance(one, str) and not one.strip())]


Numbers = Annotated[list[RowId], BeforeValidator(_without_blanks), Field(max_length=200)]
Days = Annotated[list[int], BeforeValidator(_without_blanks), Field(max_length=7)]
"""Days of the week; Monday is 0."""
Kinds = Annotated[list[AssetKind], BeforeValidator(_without_blanks), Field(max_length=60)]


class AcceptForm(Schema):
    """This is how it should be."""

    ids: Numbers = Field(min_length=1)
    why: OptionalLine = ""
    back: str = Field("", max_length=2000)


class RuleForm(Schema):
    """A rule."""

    enabled: bool = False
    opens_ticket: bool = False
    confirmations: Annotated[int, Field(ge=1, le=50)]
    threshold: Annotated[Annotated[int, Field(ge=0, le=3650)] | None, Blank] = None
    impact: Level
    urgency: Level
    group_id: OptionalRowId = None
    topic_id: OptionalRowId = None
    kinds: Kinds = []
    location_ids: Numbers = []
    category_ids: Numbers = []
    tells_custodian: bool = False
    cap_per_hour: Annotated[int, Field(ge=1, le=1000)]
    quiet_days: Annotated[int, Field(ge=0, le=365)]

    def values(self) -> dict[str, Any]:
        """Return the model's columns."""
        return self.model_dump() | {"kinds": [kind.value for kind in self.kinds]}


class WindowForm(Schema):
    """A time of maintenance: once, or every week."""

    why: Line
    asset_id: OptionalRowId = None
    location_id: OptionalRowId = None
    starts_at: Annotated[datetime | None, Blank] = None
    ends_at: Annotated[datetime | None, Blank] = None
    days: Days = []
    clock_from: str = Field("", max_length=5)
    clock_to: str = Field("", max_length=5)
    time_zone: Annotated[str, Field(min_length=1, max_length=60)] = "UTC"

    @field_validator("days")
    @classmethod
    def _weekdays(cls, values: list[int]) -> list[int]:
        if any(not 0 <= day <= 6 for day in values):
            raise ValueError("Please choose days of the week.")
        return sorted(set(values))

    def facts(self) -> WindowFacts:
        """Return what the service takes."""
        weekly = {"days": self.days, "from": self.clock_from, "to": self.clock_to} if self.days else {}
        return WindowFacts(
            why=self.why,
            asset_id=self.asset_id,
            location_id=self.location_id,
            starts_at=None if weekly else self.starts_at,
            ends_at=None if weekly else self.ends_at,
            weekly=weekly,
            time_zone=self.time_zone,
        )


class ExpectForm(Schema):
    """A change that is expected."""

    asset_id: RowId
    rule_key: Annotated[RuleKey | None, Blank] = None
    until_on: date
    why: Line
