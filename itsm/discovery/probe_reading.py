"""What people read of probes: who they are, whether they live, what waits with them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from itsm.discovery.enums import DeliveryState, ProbeDoor
from itsm.discovery.models import Network, Probe, ProbeBeat, ProbeDelivery, SweepPart
from itsm.discovery.policies import DiscoveryPermission
from itsm.discovery.queries import CAP, seen_by
from itsm.discovery.services.parts import OPEN
from itsm.infra.jobs import roles
from itsm.kernel.actor import Actor
from itsm.kernel.text import one_line

LATE: Final = timedelta(minutes=2)
SILENT: Final = timedelta(hours=1)
_STATES: Final = frozenset({"idle", "sweeping", "spool_full"})


@dataclass(frozen=True, slots=True)
class Standing:
    """One probe as a page shows it. ``life``: invited, alive, late, silent, files, revoked, lapsed."""

    probe: Probe
    life: str
    heard_at: datetime | None
    told: dict[str, Any]
    networks: list[Network]
    waiting: int
    parts: int

    @property
    def queue(self) -> str:
        """Return the queue from which it takes its orders; empty for one that works with files."""
        return roles.probe_queue(self.probe.name) if self.probe.door is ProbeDoor.DATABASE else ""


def visible_probes(actor: Actor) -> Select[Any]:
    """Return the probes that exist for the actor."""
    return select(Probe).where(seen_by(actor, DiscoveryPermission.CONFIGURE, Probe.organization_id))


def standings(session: Session, actor: Actor, *, now: datetime, probe_id: int | None = None) -> list[Standing]:
    """Return at most 500 probes by name, with what each last told."""
    wanted = visible_probes(actor).add_columns(ProbeBeat.at, ProbeBeat.told)
    wanted = wanted.outerjoin(ProbeBeat, ProbeBeat.probe_id == Probe.id).order_by(Probe.name).limit(500)
    if probe_id is not None:
        wanted = wanted.where(Probe.id == probe_id)
    rows = session.execute(wanted).all()
    ids = [row.Probe.id for row in rows]
    networks: dict[str, list[Network]] = defaultdict(list)
    names = [row.Probe.name for row in rows]
    for network in session.scalars(select(Network).where(Network.probe.in_(names)).order_by(Network.name).limit(2000)):
        networks[network.probe].append(network)
    waiting = _counts(session, ProbeDelivery, ids, ProbeDelivery.state == DeliveryState.WAITING)
    parts = _counts(session, SweepPart, ids, SweepPart.state.in_(OPEN))
    found = []
    for probe, at, told in rows:
        heard = max((moment for moment in (at, probe.heard_at) if moment is not None), default=None)
        life = life_of(probe, heard, now)
        facts = told_of(told or "")
        mine, number = networks[probe.name], probe.id
        found.append(Standing(probe, life, heard, facts, mine, waiting.get(number, 0), parts.get(number, 0)))
    return found


def _counts(session: Session, model: Any, ids: Sequence[int], condition: Any) -> dict[int, int]:
    some = select(model.probe_id).where(model.probe_id.in_(ids), condition).limit(CAP).subquery()
    rows = session.execute(select(some.c.probe_id, func.count()).group_by(some.c.probe_id))
    return {row[0]: row[1] for row in rows}


def life_of(probe: Probe, heard_at: datetime | None, now: datetime) -> str:
    """Return in a word how a probe is."""
    if probe.revoked_at is not None:
        return "revoked"
    if not probe.sign_key:
        return "invited" if probe.invited_until is not None and probe.invited_until > now else "lapsed"
    if probe.door is ProbeDoor.FILES:
        return "files"
    if heard_at is None or now - heard_at > SILENT:
        return "silent"
    return "late" if now - heard_at > LATE else "alive"


def told_of(text: str) -> dict[str, Any]:
    """Return what a probe tells of itself, made safe: known names, bounded values."""
    try:
        data = json.loads(text or "{}")
    except ValueError:
        data = {}
    data = data if isinstance(data, dict) else {}
    found: dict[str, Any] = {name: one_line(str(data.get(name, "")), 120) for name in ("program", "host")}
    for name in ("spool_rows", "spool_bytes", "room"):
        value = data.get(name)
        found[name] = value if type(value) is int and 0 <= value < 1 << 53 else 0
    found["state"] = data.get("state") if data.get("state") in _STATES else ""
    return found


def silent_probes(session: Session, now: datetime) -> list[str]:
    """Return the names of the enrolled live probes that have not been heard for an hour, at most 20."""
    wanted = (
        select(Probe, ProbeBeat.at)
        .join(ProbeBeat, ProbeBeat.probe_id == Probe.id)
        .where(Probe.door == ProbeDoor.DATABASE, Probe.sign_key != "", Probe.revoked_at.is_(None))
        .order_by(Probe.name)
    )
    rows = session.execute(wanted).all()
    return [probe.name for probe, at in rows if life_of(probe, at, now) == "silent"][:20]


def parts_of(session: Session, sweep_id: int) -> Sequence[Any]:
    """Return the parts of a sweep: probe, state, what there is to say."""
    columns = (SweepPart.id, SweepPart.state, SweepPart.error, SweepPart.refused, SweepPart.due_at, SweepPart.is_file)
    wanted = select(*columns, SweepPart.probe_id, Probe.name).outerjoin(Probe, Probe.id == SweepPart.probe_id)
    return session.execute(wanted.where(SweepPart.sweep_id == sweep_id).order_by(SweepPart.id)).all()


def open_orders(session: Session, probe_id: int) -> Sequence[Any]:
    """Return the orders on files of a probe whose result has not come back."""
    wanted = select(SweepPart.id, SweepPart.sweep_id, SweepPart.due_at, SweepPart.created_at, SweepPart.network_ids)
    wanted = wanted.where(SweepPart.probe_id == probe_id, SweepPart.is_file, SweepPart.state.in_(OPEN))
    return session.execute(wanted.order_by(SweepPart.id.desc()).limit(50)).all()
