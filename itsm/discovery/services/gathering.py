"""Gathering what the devices of a sweep tell of each other from what is stored: for sweeps whose reports came in parts."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from itsm.discovery import knowledge
from itsm.discovery.models import Sighting, TargetOutcome
from itsm.discovery.services.topology import Topology

CHUNK = 200


def gather_stored(session: Session, topology: Topology, sweep_id: int) -> None:
    """Add every device of a sweep to the topology, by its stored report. Reads only; call it outside a transaction."""
    after = 0
    while True:
        wanted = (
            select(TargetOutcome.id, TargetOutcome.asset_id, Sighting)
            .join(Sighting, Sighting.id == TargetOutcome.sighting_id)
            .where(TargetOutcome.sweep_id == sweep_id, TargetOutcome.asset_id.is_not(None), TargetOutcome.id > after)
            .order_by(TargetOutcome.id)
            .limit(CHUNK)
            .options(undefer(Sighting.raw))
        )
        rows = session.execute(wanted).all()
        for outcome_id, asset_id, sighting in rows:
            after = outcome_id
            if asset_id is None:
                continue
            try:
                report = sighting.report()
            except ValueError:
                continue
            topology.gather(asset_id, knowledge.describe(report), whole=not report.partial)
            session.expunge(sighting)
        if len(rows) < CHUNK:
            return
