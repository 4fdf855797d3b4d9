"""Refusals: the few ways in which the house says no. Each carries a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class Refusal(Exception):
    """The base of all deliberate refusals; ``message`` is shown to the person."""

    status = 400
    title = "This was not done"

    def __init__(self, message: str = "") -> None:
        self.message = message or self.title
        super().__init__(self.message)


class NotFound(Refusal):
    """The thing does not exist, or the actor may not know that it does."""

    status = 404
    title = "There is nothing here"


class Forbidden(Refusal):
    """The actor sees the thing but may not do this with it."""

    status = 403
    title = "You may not do this"


class RuleBroken(Refusal):
    """A rule of the business forbids it in the present state."""

    status = 409
    title = "This is not possible now"


class Busy(Refusal):
    """Too much at once, or a resource is out; trying later helps. ``retry_after`` is in seconds."""

    status = 429
    title = "Too many tries"

    def __init__(self, message: str = "", *, retry_after: int = 60) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Invalid(Refusal):
    """The input is wrong. ``errors`` maps a field name ('' for the whole form) to its sentences."""

    status = 422
    title = "Please look at the marked fields"

    def __init__(self, errors: Mapping[str, Sequence[str] | str], message: str = "") -> None:
        self.errors: dict[str, list[str]] = {
            name: [said] if isinstance(said, str) else list(said) for name, said in errors.items()
        }
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class FieldConflict:
    """One field that both sides changed: what it is called, what stands there now, what was submitted."""

    name: str
    label: str
    theirs: Any
    yours: Any


class Conflict(Refusal):
    """Somebody else saved in between. Nothing was overwritten; both values are carried for merging."""

    status = 409
    title = "Somebody else changed this in the meantime"

    def __init__(self, fields: Sequence[FieldConflict] = (), message: str = "", *, version: int = 0) -> None:
        self.fields = list(fields)
        self.version = version
        super().__init__(message)
