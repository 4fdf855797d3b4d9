"""Probes at other sites: inviting, enrolling, revoking; and the keys by which we and they know each other."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from itsm.discovery.enums import PartState, ProbeDoor
from itsm.discovery.events import ProbeEnrolled, ProbeRevoked
from itsm.discovery.models import HouseKey, Network, Probe, ProbeBeat, ProbeDelivery, SweepPart
from itsm.discovery.policies import POLICY, DiscoveryPermission
from itsm.discovery.probe.remote import home
from itsm.discovery.probe.remote.envelope import Refused
from itsm.discovery.probe.remote.keys import KeyPair, PublicKeys
from itsm.discovery.services import parts, probe_rights
from itsm.infra.jobs import roles
from itsm.infra.sealing import key_ring, place
from itsm.infra.unit import current_unit, emit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid, RuleBroken
from itsm.kernel.policy import require
from itsm.kernel.text import phrase

TOKEN_LASTS: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProbe:
    """What a person says about a probe. ``host`` and ``port``: where the probe finds the database."""

    name: str
    organization_id: int
    location_id: int | None = None
    network_ids: Sequence[int] = ()
    host: str = ""
    port: int = 5432


def is_shared(session: Session) -> bool:
    """Say whether the database is one that probes can reach: SQLite is not."""
    return session.get_bind().dialect.name == "postgresql"


def house_keys(session: Session) -> KeyPair:
    """Return the keys of this installation, made when they are first needed (inside a transaction)."""
    row = session.scalars(select(HouseKey).order_by(HouseKey.id.desc()).limit(1)).one_or_none()
    if row is None:
        pair = KeyPair.fresh()
        row = HouseKey(sign=pair.public.sign, box=pair.public.box, sealed="")
        session.add(row)
        session.flush()
        row.sealed = key_ring().seal(pair.to_text(), place=place(row, "sealed"))
        session.flush()
        return pair
    return KeyPair.from_text(key_ring().open(row.sealed, place=place(row, "sealed")))


def invite(actor: Actor, new: NewProbe, *, now: datetime) -> tuple[Probe, str]:
    """Enter a probe that will take its orders from the database; return it with the token that enrols it, once."""
    require(POLICY, actor, DiscoveryPermission.CONFIGURE)
    probe = _enter(new, ProbeDoor.DATABASE)
    return probe, _invitation(probe, new.host, new.port, now)


def invite_again(actor: Actor, probe: Probe, *, host: str, port: int, now: datetime) -> str:
    """Return a fresh token: the keys and the password that the probe had count no more."""
    require(POLICY, actor, DiscoveryPermission.CONFIGURE, probe)
    if probe.door is not ProbeDoor.DATABASE:
        raise RuleBroken("This probe works with files: it needs no token.")
    _forget_keys(probe, now, "The probe was enrolled anew before it had answered.")
    probe.revoked_at, probe.enrolled_at, probe.taken = None, None, 0
    session = current_unit().session
    session.execute(delete(ProbeDelivery).where(ProbeDelivery.probe_id == probe.id))
    return _invitation(probe, host, port, now)


def enter_card(actor: Actor, new: NewProbe, card: str, *, now: datetime) -> Probe:
    """Enter a probe that works with files, from the card that it printed. Raises Invalid for what is no card."""
    require(POLICY, actor, DiscoveryPermission.CONFIGURE)
    try:
        name, keys = home.read_card(card)
    except Refused as refusal:
        raise Invalid({"card": str(refusal)}) from refusal
    if name != new.name:
        raise Invalid({"card": phrase("This is the card of a probe named %(name)s.", name=repr(name[:40]))})
    probe = _enter(new, ProbeDoor.FILES)
    _enrol(probe, keys, now)
    return probe


def _enter(new: NewProbe, door: ProbeDoor) -> Probe:
    session = current_unit().session
    try:
        roles.probe_queue(new.name)
    except ValueError:
        raise Invalid({"name": "Small letters, digits and hyphens, at most 30, please."}) from None
    if session.scalar(select(Probe.id).where(Probe.name == new.name)) is not None:
        raise Invalid({"name": "There is a probe of this name."})
    if door is ProbeDoor.DATABASE and not is_shared(session):
        raise RuleBroken("A probe that takes its orders live needs PostgreSQL. Enter it as one that works with files.")
    probe = Probe(name=new.name, organization_id=new.organization_id, location_id=new.location_id, door=door)
    session.add(probe)
    session.flush()
    session.add(ProbeBeat(probe_id=probe.id))
    bind_networks(probe, new.network_ids)
    session.flush()
    return probe


def bind_networks(probe: Probe, network_ids: Sequence[int]) -> None:
    """Let these networks, and no others, be swept by the probe."""
    session = current_unit().session
    for network in session.scalars(select(Network).where(Network.organization_id == probe.organization_id)):
        if network.id in network_ids:
            network.probe = probe.name
        elif network.probe == probe.name:
            network.probe = ""


def _invitation(probe: Probe, host: str, port: int, now: datetime) -> str:
    session = current_unit().session
    connection = driver(session)
    password = secrets.token_urlsafe(32)
    probe.invited_until = now + TOKEN_LASTS
    # The server's own clock decides when a password ends.
    until = session.scalar(select(func.now() + TOKEN_LASTS))
    role = probe_rights.grant(connection, probe.name, probe.id, password, str(until))
    beat = session.get_one(ProbeBeat, probe.id)
    beat.card, beat.welcome, beat.standing = "", False, None
    public = house_keys(session).public
    facts = {"name": probe.name, "probe_id": probe.id, "role": role, "password": password}
    facts |= {"host": host, "port": port, "database": connection.info.dbname}
    return home.token({**facts, "house": {"sign": public.sign, "box": public.box}})


def driver(session: Session) -> Any:
    """Return the driver's connection of a session's transaction."""
    return session.connection().connection.driver_connection


def welcome(probe: Probe, *, now: datetime) -> bool:
    """Take over the keys that an invited probe has shown; False where there is nothing to take over."""
    session = current_unit().session
    if probe.sign_key or probe.revoked_at is not None or probe.door is not ProbeDoor.DATABASE:
        return False
    beat = session.get_one(ProbeBeat, probe.id, populate_existing=True)
    if not beat.card or probe.invited_until is None or probe.invited_until < now:
        return False
    try:
        name, keys = home.read_card(beat.card)
        if name != probe.name:
            raise Refused(f"It showed the card of {name[:40]!r}.")
    except Refused as refusal:
        beat.card = ""
        session.execute(update(Probe).where(Probe.id == probe.id).values(last_refusal=str(refusal)[:300]))
        return False
    _enrol(probe, keys, now)
    beat.welcome = True
    probe_rights.keep(driver(session), probe.name)
    return True


def _enrol(probe: Probe, keys: PublicKeys, now: datetime) -> None:
    probe.sign_key, probe.box_key, probe.enrolled_at, probe.invited_until = keys.sign, keys.box, now, None
    current_unit().session.flush()
    emit(ProbeEnrolled(at=now, actor_id=current_unit().actor.user_id, probe_id=probe.id))


def revoke(actor: Actor, probe: Probe, *, now: datetime) -> None:
    """Put an end to a probe: its role goes, its connections are closed, and nothing that its keys sign counts any more."""
    require(POLICY, actor, DiscoveryPermission.CONFIGURE, probe)
    if probe.revoked_at is not None:
        raise RuleBroken("This probe was revoked already.")
    if probe.door is ProbeDoor.DATABASE:
        probe_rights.withdraw(driver(current_unit().session), probe.name)
    probe.revoked_at, probe.invited_until = now, None
    _forget_keys(probe, now, "The probe was revoked.")
    emit(ProbeRevoked(at=now, actor_id=actor.user_id, probe_id=probe.id))


def _forget_keys(probe: Probe, now: datetime, why: str) -> None:
    probe.sign_key = probe.box_key = ""
    session = current_unit().session
    open_ones = select(SweepPart).where(SweepPart.probe_id == probe.id, SweepPart.state.in_(parts.OPEN))
    for part in session.scalars(open_ones).all():
        parts.end_part(part, PartState.FAILED, now=now, error=why)


def keys_of(probe: Probe) -> PublicKeys | None:
    """Return the keys of a probe that count, if any."""
    return PublicKeys(probe.sign_key, probe.box_key) if probe.is_enrolled else None
