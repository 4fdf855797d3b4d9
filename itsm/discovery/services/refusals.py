"""How often accounts were refused lately, over networks, sweeps, looks and probes: so that none of them gets locked.

The count is the house's table. Our own guards write what they saw and learn what others wrote; a probe learns the
count with its order, and its deliveries carry home what it saw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, case, null, select, update
from sqlalchemy.orm import Session

from itsm.discovery.enums import CredentialKind
from itsm.discovery.models import Credential, Network, Probe, SweepPart, credential_network
from itsm.discovery.probe.ssh.trust import HELD_FOR, MOST_FAILURES, AccountGuard, Tries
from itsm.infra.unit import current_unit

_REFERENCE: Final = "credential:"
MOST_TOLD: Final = 500
"""Accounts that one delivery may tell of."""
_MOST_COUNTED: Final = 100


def _lately(session: Session, now: datetime) -> dict[str, tuple[int, datetime]]:
    wanted = select(Credential.id, Credential.refusals, Credential.refused_at)
    wanted = wanted.where(Credential.refusals > 0, Credential.refused_at > now - HELD_FOR)
    return {f"{_REFERENCE}{row.id}": (row.refusals, row.refused_at) for row in session.execute(wanted)}


def guard_of(session: Session, *, now: datetime) -> AccountGuard:
    """Return a guard that knows what was refused within the hour."""
    return AccountGuard(known={name: count for name, (count, _) in _lately(session, now).items()})


def note_refusals(guard: AccountGuard, *, now: datetime) -> None:
    """Write down what a guard saw since the last time, and tell it what others saw."""
    session = current_unit().session
    for reference, tries in guard.news().items():
        number = reference.removeprefix(_REFERENCE)
        if number.isdigit():
            _count(session, int(number), tries, at=now, now=now)
    guard.learn({name: count for name, (count, _) in _lately(session, now).items()})


def _count(session: Session, credential_id: int, tries: Tries, *, at: datetime, now: datetime) -> None:
    """Add what was seen to what stands there, past the version: nobody edits it. What is an hour old counts no more."""
    if at <= now - HELD_FOR:
        return
    is_fresh = and_(Credential.refused_at.is_not(None), Credential.refused_at > now - HELD_FOR)
    is_later = and_(is_fresh, Credential.refused_at > at)
    before = case((is_fresh, Credential.refusals), else_=0)
    if tries.accepted:  # that wipes out what came before it, and nothing else
        before = case((is_later, Credential.refusals), else_=0)
    count = before + min(tries.failures, _MOST_COUNTED)
    when = case((is_later, Credential.refused_at), (count > 0, at), else_=null())
    told = {"refusals": count, "refused_at": when, "updated_at": Credential.updated_at}
    changed = update(Credential).where(Credential.id == credential_id).values(told)
    session.execute(changed.execution_options(synchronize_session=False))


def is_held(credential: Credential, *, now: datetime) -> bool:
    """Say whether nothing tries a credential now, because it was refused too often."""
    often = credential.refusals >= MOST_FAILURES
    return often and credential.refused_at is not None and credential.refused_at > now - HELD_FOR


# ------------------------------------------------------------------------------------------------ probes
def spent(session: Session, probe: Probe, network_ids: Sequence[int], *, now: datetime) -> dict[str, Any]:
    """Return what an order tells of these networks' accounts: how often they were refused, and up to which delivery.

    The number of the delivery is read first: one that is taken in meanwhile is counted twice by the probe, not forgotten.
    """
    taken = session.scalar(select(Probe.taken).where(Probe.id == probe.id)) or 0
    theirs = {f"{_REFERENCE}{number}" for number in session.scalars(_passwords(network_ids))}
    refused = {name: [count, at.isoformat()] for name, (count, at) in _lately(session, now).items() if name in theirs}
    return {"refused": refused, "taken": taken}


def _passwords(network_ids: Sequence[int]) -> Any:
    wanted = select(Credential.id).join(credential_network, credential_network.c.credential_id == Credential.id)
    return wanted.where(
        credential_network.c.network_id.in_(network_ids), Credential.kind == CredentialKind.SSH_PASSWORD
    )


def take_told(session: Session, probe: Probe, part: SweepPart, told: Any, *, at: datetime, now: datetime) -> None:
    """Count what a probe tells of refused passwords, as far as it is about accounts of its networks in this part."""
    if not isinstance(told, Mapping) or not told:
        return
    here = select(Network.id).where(Network.id.in_(part.network_ids), Network.probe == probe.name)
    theirs = set(session.scalars(_passwords(session.scalars(here).all())))
    for credential_id in sorted(theirs)[:MOST_TOLD]:
        one = told.get(f"{_REFERENCE}{credential_id}")
        failures = one.get("failures") if isinstance(one, Mapping) else None
        if isinstance(one, Mapping) and type(failures) is int and failures >= 0:
            _count(session, credential_id, Tries(one.get("accepted") is True, failures), at=min(at, now), now=now)
