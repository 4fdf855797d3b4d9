"""What the sign-in pages send."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from itsm.web.forms import Line, Schema

Email = Annotated[
    str,
    StringConstraints(pattern=r"^[^@\s]{1,64}@[^@\s]{1,189}$", max_length=254, to_lower=True, strip_whitespace=True),
]
Password = Annotated[str, StringConstraints(min_length=1, max_length=1000, strip_whitespace=False)]


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
