"""Facts of people and sign-in. Codes never travel in events: whoever writes the mail asks for a fresh one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from itsm.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordResetRequested(Event):
    """Somebody asked for a new password of an account. The mail's code: ``services.reset.issue_code``."""

    name: ClassVar[str] = "account.password_reset_requested"
    user_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonInvited(Event):
    """A person got a sign-in and is asked to choose a password. The mail's code:
    ``services.reset.issue_invitation``."""

    name: ClassVar[str] = "account.person_invited"
    user_id: int
