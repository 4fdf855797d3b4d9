"""What the pages of drift send."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, field_validator

from itsm.assets.enums import AssetKind
from itsm.insight.drift.enums import RuleKey
from itsm.insight.drift.services.planning import WindowFacts
from itsm.kernel.errors import Invalid
from itsm.kernel.text import phrase
from itsm.tickets.enums import Level
from itsm.web.forms import Blank, Line, OptionalLine, Schema


def _without_blanks(value: Any) -> Any:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if not (isinstance(one, str) and not one.strip())]


Numbers = Annotated[list[int], BeforeValidator(_without_blanks), Field(max_length=200)]
Kinds = Annotated[list[AssetKind], BeforeValidator(_without_blanks), Field(max_length=60)]
OptionalId = Annotated[int | None, Blank]


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
    group_id: OptionalId = None
    topic_id: OptionalId = None
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
    asset_id: OptionalId = None
    location_id: OptionalId = None
    starts_at: Annotated[datetime | None, Blank] = None
    ends_at: Annotated[datetime | None, Blank] = None
    days: Numbers = []
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
        """Return what the service takes; times are those of the clock in the time zone."""
        try:
            zone = ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise Invalid(
                {"time_zone": phrase("There is no time zone %(time_zone)s.", time_zone=repr(self.time_zone))}
            ) from error
        weekly = {"days": self.days, "from": self.clock_from, "to": self.clock_to} if self.days else {}
        return WindowFacts(
            why=self.why,
            asset_id=self.asset_id,
            location_id=self.location_id,
            starts_at=None if weekly or self.starts_at is None else _aware(self.starts_at, zone),
            ends_at=None if weekly or self.ends_at is None else _aware(self.ends_at, zone),
            weekly=weekly,
            time_zone=self.time_zone,
        )


def _aware(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


class ExpectForm(Schema):
    """A change that is expected."""

    asset_id: int
    rule_key: Annotated[RuleKey | None, Blank] = None
    until_on: date
    why: Line
