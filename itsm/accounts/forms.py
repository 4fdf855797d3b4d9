"""What the pages of people and sign-in send."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, StringConstraints

from itsm.kernel.actor import Role
from itsm.web.forms import Blank, Line, OptionalRowId, RowId, Schema
from itsm.web.texts import _

Email = Annotated[
    str,
    StringConstraints(pattern=r"^[^@\s]{1,64}@[^@\s]{1,189}$", max_length=254, to_lower=True, strip_whitespace=True),
]
Password = Annotated[str, StringConstraints(min_length=1, max_length=1000, strip_whitespace=False)]


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(_("Please choose one of the time zones offered."))
    return name


def _phone(number: str) -> str:
    if any(letter not in "0123456789+-/() .x#*" for letter in number):
        raise ValueError(_("Please write the number with digits, such as +44 20 7946 0000."))
    return number


TimeZone = Annotated[str, StringConstraints(max_length=60), AfterValidator(_zone)]
Phone = Annotated[str, StringConstraints(max_length=40, strip_whitespace=True), AfterValidator(_phone)]
Language = Literal["en", "de"]
Theme = Literal["auto", "light", "dark"]


class SignIn(Schema):
    """Name and password."""

    login: Annotated[str, StringConstraints(min_length=1, max_length=254, to_lower=True)]
    password: Password = Field(repr=False)


class FirstRun(Schema):
    """The first administrator."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    organization: Line
    name: Line
    email: Email
    password: Password = Field(repr=False)


class ProfileForm(Schema):
    """What a person sets about himself."""

    name: Line
    phone: Phone = ""
    language: Language
    time_zone: TimeZone
    theme: Theme
    base: str = Field("", max_length=10_000)


class ThemeForm(Schema):
    """The theme switch of every page."""

    theme: Theme


class PasswordForm(Schema):
    """A new password, and the old one as proof."""

    old: Password = Field(repr=False)
    password: Password = Field(repr=False)


class ForgotForm(Schema):
    """Who wants a new password."""

    login: Annotated[str, StringConstraints(min_length=1, max_length=254, to_lower=True)]


class ResetForm(Schema):
    """The new password; the code stands in the address."""

    password: Password = Field(repr=False)


Day = Annotated[date | None, Blank]
Short = Annotated[str, StringConstraints(max_length=40)]
Title = Annotated[str, StringConstraints(max_length=120)]


class PersonForm(Schema):
    """The facts of a person."""

    organization_id: RowId
    name: Line
    email: Annotated[Email | None, Blank] = None
    phone: Annotated[Phone | None, Blank] = None
    employee_number: Annotated[Short | None, Blank] = None
    job_title: Annotated[Title | None, Blank] = None
    manager_id: OptionalRowId = None
    department_id: OptionalRowId = None
    location_id: OptionalRowId = None
    cost_centre_id: OptionalRowId = None
    joined_on: Day = None
    left_on: Day = None
    base: str = Field("", max_length=20_000)


class GrantForm(Schema):
    """A role, for one organization or for all."""

    role: Role
    organization_id: OptionalRowId = None


class GroupForm(Schema):
    """The facts of a group."""

    organization_id: RowId
    name: Line
    email: Annotated[Email | None, Blank] = None
    lead_id: OptionalRowId = None


class MemberForm(Schema):
    """A person who joins a group."""

    person_id: RowId


class PersonRow(Schema):
    """The plain cells of a row of an imported table; empty cells are left out before."""

    name: Line
    email: Email | None = None
    employee_number: Short | None = None
    phone: Phone | None = None
    job_title: Title | None = None
    joined_on: date | None = None
    left_on: date | None = None


class ImportForm(Schema):
    """The table that was looked at, by its digest."""

    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
