"""What the sign-in pages and the profile send."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, StringConstraints

from itsm.web.forms import Line, Schema
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
