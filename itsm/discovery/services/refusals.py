"""How often accounts were refused lately, over networks, sweeps and looks: so that none of them gets locked."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from itsm.discovery.models import Credential
from itsm.discovery.probe.ssh.trust import HELD_FOR, MOST_FAILURES, AccountGuard
from itsm.infra.unit import current_unit

_REFERENCE: Final = "credential:"


def guard_of(session: Session, *, now: datetime) -> AccountGuard:
    """Return a guard that knows what was refused within the hour."""
    lately = select(Credential.id, Credential.refusals)
    lately = lately.where(Credential.refusals > 0, Credential.refused_at > now - HELD_FOR)
    return AccountGuard(known={f"{_REFERENCE}{row.id}": row.refusals for row in session.execute(lately)})


def note_refusals(guard: AccountGuard, *, now: datetime) -> None:
    """Write down what a guard counted since the last time, past the version: nobody edits it."""
    session = current_unit().session
    for reference, count in guard.changes().items():
        number = reference.removeprefix(_REFERENCE)
        if number.isdigit():
            told = {"refusals": count, "refused_at": now if count else None, "updated_at": Credential.updated_at}
            changed = update(Credential).where(Credential.id == int(number)).values(told)
            session.execute(changed.execution_options(synchronize_session=False))


def is_held(credential: Credential, *, now: datetime) -> bool:
    """Say whether nothing tries a credential now, because it was refused too often."""
    often = credential.refusals >= MOST_FAILURES
    return often and credential.refused_at is not None and credential.refused_at > now - HELD_FOR
