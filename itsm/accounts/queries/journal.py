"""The audit journal as administrators and auditors read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from itsm.accounts.models import UserAccount
from itsm.infra.journal import JournalRow
from itsm.kernel.text import one_line
from itsm.web.listing import Key, Page, fetch

ORDER = (Key(JournalRow.sequence, "sequence", descending=True),)


@dataclass(frozen=True, slots=True)
class JournalWish:
    """What the journal is narrowed to."""

    subject: str = ""
    subject_id: str = ""
    action: str = ""
    actor: str = ""
    request: str = ""

    @classmethod
    def of(cls, args: Mapping[str, str]) -> JournalWish:
        """Return the wish that an address tells."""
        return cls(**{name: one_line(args.get(name, ""), 60) for name in cls.__dataclass_fields__})

    def values(self) -> dict[str, Any]:
        """Return the wish as the values of an address."""
        return {name: value for name, value in asdict(self).items() if value}


def list_journal(
    session: Session, wish: JournalWish, *, after: str | None = None, before: str | None = None
) -> Page[Any]:
    """Return one page of the journal, newest first, in one statement."""
    wanted: Any = select(JournalRow.sequence, JournalRow.at, JournalRow.door, JournalRow.request_id, JournalRow.action)
    wanted = wanted.add_columns(JournalRow.subject_type, JournalRow.subject_id, JournalRow.detail, JournalRow.actor_id)
    for column, value in (
        (JournalRow.subject_type, wish.subject),
        (JournalRow.subject_id, wish.subject_id),
        (JournalRow.action, wish.action),
        (JournalRow.request_id, wish.request),
    ):
        if value:
            wanted = wanted.where(column == value)
    if wish.actor:
        known = select(UserAccount.id).where(UserAccount.login == wish.actor.lower())
        wanted = wanted.where(JournalRow.actor_id.in_(known))
    return fetch(session, wanted, ORDER, after=after, before=before)


def failed_sign_ins(session: Session, *, after: str | None = None, before: str | None = None) -> Page[Any]:
    """Return one page of failed sign-ins and wishes for a new password, newest first, in one statement."""
    wanted = select(JournalRow.sequence, JournalRow.at, JournalRow.action, JournalRow.detail)
    wanted = wanted.where(JournalRow.subject_type == "user_account", JournalRow.subject_id == "")
    return fetch(session, wanted, ORDER, after=after, before=before)
