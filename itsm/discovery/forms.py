"""What the pages of discovery send."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from itsm.discovery.enums import CredentialKind, ProbeDoor
from itsm.discovery.probe.credentials import AUTH_PROTOCOLS, PRIV_PROTOCOLS
from itsm.discovery.probe.pacing import SUBNET_RATE
from itsm.discovery.probe.targets import parse_range, parse_target
from itsm.discovery.rules.rhythm import MONTH_DAYS, STEPS, Beat, Rhythm, is_time_of_day, written
from itsm.discovery.rules.windows import MOST, is_time
from itsm.kernel.errors import Invalid
from itsm.web.forms import Blank, Line, OptionalLine, OptionalRowId, RowId, Schema


def _split(value: Any) -> Any:
    return (
        [part.strip() for part in value.replace(",", "\n").splitlines() if part.strip()]
        if isinstance(value, str)
        else value
    )


def _targets(values: list[str]) -> list[str]:
    if len(values) > 200:
        raise ValueError("At most 200 lines, please.")
    for value in values:
        parse_target(value)
    return values


def _runs(values: list[str]) -> list[str]:
    if len(values) > 200:
        raise ValueError("At most 200 lines, please.")
    for value in values:
        parse_range(value)
    return values


def _numbers(value: Any) -> Any:
    """Take ids one by one or, as the page of a conflict sends them, as one text with commas."""
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list):
        return values
    return [part.strip() for one in values for part in str(one).split(",") if part.strip()]


def _time(value: str) -> str:
    if value and not is_time(value):
        raise ValueError("Please write a time such as 19:00.")
    return value


def _days(values: list[int]) -> list[int]:
    if any(not 0 <= day <= 6 for day in values):
        raise ValueError("Please choose days of the week.")
    return sorted(set(values))


Numbers = Annotated[list[RowId], BeforeValidator(_numbers)]
Days = Annotated[list[int], BeforeValidator(_numbers), AfterValidator(_days)]
Time = Annotated[str, AfterValidator(_time)]
ROWS: Final = range(1, MOST + 1)
"""The rows of windows in the form of a network."""
Ranges = Annotated[list[str], BeforeValidator(_split), AfterValidator(_targets)]
Port = Annotated[int, Field(ge=1, le=65535)]


class NetworkForm(Schema):
    """A network."""

    name: Line
    ranges: Ranges = Field(min_length=1)
    exclusions: Ranges = []
    location_id: OptionalRowId = None
    probe: OptionalLine = ""
    pace: Annotated[int, Field(ge=1, le=50_000)] = 1000
    subnet_pace: Annotated[int, Field(ge=1, le=50_000)] = int(SUBNET_RATE)
    snmp_port: Port = 161
    ssh_port: Port = 22
    ping: bool = False
    certificates: bool = False
    allow_public: bool = False
    enabled: bool = False
    credential_ids: Numbers = []
    days_1: Days = []
    from_1: Time = ""
    to_1: Time = ""
    days_2: Days = []
    from_2: Time = ""
    to_2: Time = ""
    days_3: Days = []
    from_3: Time = ""
    to_3: Time = ""
    time_zone: Annotated[str, Field(min_length=1, max_length=60)] = "UTC"
    base: str = Field("", max_length=200_000)

    @field_validator("ranges", "exclusions", mode="before")
    @classmethod
    def _lines(cls, value: Any) -> Any:
        return _split(value[0] if isinstance(value, list) and len(value) == 1 else value)

    @model_validator(mode="after")
    def _whole_windows(self) -> NetworkForm:
        for row in ROWS:
            given = [bool(getattr(self, f"{part}_{row}")) for part in ("days", "from", "to")]
            if any(given) and not all(given):
                raise ValueError(f"Window {row} needs days, a beginning and an end; or leave all of it empty.")
        return self

    def windows(self) -> list[dict[str, Any]]:
        """Return the windows as the model keeps them."""
        rows = ((getattr(self, f"days_{n}"), getattr(self, f"from_{n}"), getattr(self, f"to_{n}")) for n in ROWS)
        return [{"days": days, "from": begins, "to": ends} for days, begins, ends in rows if days]


class CredentialForm(Schema):
    """A credential. Empty secrets leave what is stored as it is."""

    name: Line
    kind: CredentialKind
    username: OptionalLine = ""
    snmp_version: str = Field("2c", pattern="^(1|2c)$")
    secret: str = Field("", max_length=256, repr=False)
    auth_protocol: str = ""
    auth_secret: str = Field("", max_length=256, repr=False)
    priv_protocol: str = ""
    priv_secret: str = Field("", max_length=256, repr=False)
    password: str = Field("", max_length=256, repr=False)
    key: str = Field("", max_length=20_000, repr=False)
    passphrase: str = Field("", max_length=256, repr=False)
    legacy: bool = False
    sudo: bool = False
    allow_weak: bool = False
    enabled: bool = False
    network_ids: Numbers = []
    base: str = Field("", max_length=200_000)
    secret_mark: str = Field("", max_length=64)
    """Which secret was stored when the form was opened."""

    @field_validator("auth_protocol")
    @classmethod
    def _known_auth(cls, value: str) -> str:
        if value and value not in AUTH_PROTOCOLS:
            raise ValueError("Please choose one of the protocols offered.")
        return value

    @field_validator("priv_protocol")
    @classmethod
    def _known_priv(cls, value: str) -> str:
        if value and value not in PRIV_PROTOCOLS:
            raise ValueError("Please choose one of the protocols offered.")
        return value


class SweepForm(Schema):
    """What to sweep now."""

    network_ids: list[RowId] = Field(min_length=1)
    outside_windows: bool = False


class ExclusionForm(Schema):
    """Addresses that nothing may ever ask. No organization: those of the whole installation."""

    ranges: Annotated[list[str], BeforeValidator(_split), AfterValidator(_runs)] = Field(min_length=1)
    reason: Line
    until_on: Annotated[date | None, Blank] = None
    organization_id: OptionalRowId = None

    @field_validator("ranges", mode="before")
    @classmethod
    def _lines(cls, value: Any) -> Any:
        return _split(value[0] if isinstance(value, list) and len(value) == 1 else value)


class KeyDecisionForm(Schema):
    """What to do with a host key."""

    decision: Annotated[str, Field(pattern="^(trust|reject)$")]


class MatchDecisionForm(Schema):
    """Which asset a sighting is: an id, ``new`` for none of them, ``dismiss`` for leaving it."""

    choice: Annotated[str, Field(pattern=r"^(new|dismiss|\d{1,18})$")]


class ScheduleForm(Schema):
    """When networks are swept by the clock: a rhythm in the words of its beat, or a cron line.

    The fields of the beats that were not chosen come along and do not count.
    """

    name: Line
    network_ids: Numbers = []
    beat: Beat = Beat.OWN
    every: Annotated[int | None, Blank] = None
    minute: Annotated[int | None, Blank] = None
    at: str = Field("", max_length=10)
    days: Days = []
    day: str = Field("", max_length=2)
    cron: str = Field("", max_length=100)
    time_zone: Annotated[str, Field(min_length=1, max_length=60)] = "UTC"
    enabled: bool = False
    base: str = Field("", max_length=200_000)

    def rhythm(self) -> Rhythm:
        """Return the rhythm. Raises Invalid where its beat lacks something."""
        timed = self.beat not in (Beat.HOURLY, Beat.OWN)
        minute, every = self.minute or 0, self.every or 1
        errors: dict[str, str] = {}
        if timed and not is_time_of_day(self.at):
            errors["at"] = "Please write a time such as 02:30."
        if self.beat is Beat.WEEKLY and not self.days:
            errors["days"] = "Please choose at least one day."
        if self.beat is Beat.MONTHLY and self.day not in MONTH_DAYS:
            errors["day"] = "Please choose one of the values offered."
        if self.beat is Beat.HOURLY and every not in STEPS:
            errors["every"] = "Please choose one of the values offered."
        if self.beat is Beat.HOURLY and not 0 <= minute < 60:
            errors["minute"] = "Please write a minute from 0 to 59."
        if errors:
            raise Invalid(errors)
        days = tuple(sorted(set(self.days)))
        return Rhythm(beat=self.beat, every=every, minute=minute, at=self.at, days=days, day=self.day, line=self.cron)

    def columns(self) -> dict[str, Any]:
        """Return what the model keeps. Raises Invalid as :meth:`rhythm` does."""
        kept = self.model_dump(include={"name", "network_ids", "time_zone", "enabled"})
        return {**kept, "cron": written(self.rhythm())}


class PreviewForm(ScheduleForm):
    """A schedule that is being made up: it needs no name yet."""

    name: OptionalLine = ""


class SplitForm(Schema):
    """What was seen of an asset and is another's: sightings, and whose they are.

    Empty is a new asset's; ``undecided`` says that nobody knows yet.
    """

    sighting_ids: list[RowId] = Field(min_length=1, max_length=500)
    other_id: OptionalRowId = None
    undecided: bool = False
    why: OptionalLine = ""

    @model_validator(mode="after")
    def _one_answer(self) -> SplitForm:
        if self.undecided and self.other_id is not None:
            raise ValueError("Either name the asset, or let it wait.")
        return self


class ProbeForm(Schema):
    """A probe at another site."""

    name: Annotated[str, Field(min_length=1, max_length=30)]
    door: ProbeDoor = ProbeDoor.DATABASE
    location_id: OptionalRowId = None
    network_ids: Numbers = []
    host: OptionalLine = ""
    port: Port = 5432
    card: str = Field("", max_length=20_000)

    @model_validator(mode="after")
    def _reachable(self) -> ProbeForm:
        if self.door is ProbeDoor.DATABASE and not self.host:
            raise ValueError("Please write where the probe finds the database: a host name or an address.")
        return self


class TokenForm(Schema):
    """Where a probe that enrols finds the database."""

    host: Line
    port: Port = 5432


class OrderForm(Schema):
    """An order that travels as a file."""

    network_ids: Numbers = []
    days: Annotated[int, Field(ge=1, le=90)] = 7
