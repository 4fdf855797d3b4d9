"""An office that is swept again and again: each sweep an hour after the other, through the real intake."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from itsm.assets.models import Asset, Component
from itsm.discovery.enums import SweepState
from itsm.discovery.models import Network, Sweep, TargetOutcome
from itsm.discovery.services import tellings, topology
from itsm.discovery.services.intake import Intake
from itsm.discovery.services.prepared import prepare
from itsm.discovery.services.survey import survey
from itsm.infra.unit import transaction
from itsm.insight.drift.enums import RuleKey
from itsm.insight.drift.models import Drift, DriftCase
from itsm.insight.drift.services import evaluation
from itsm.insight.drift.services.rules import ensure_rules
from itsm.kernel.actor import Actor, Door
from itsm.tickets.models import Entry, Ticket
from tests.application import NOON
from tests.discovery.services.test_intake import report
from tests.factories.discovery import NetworkFactory
from tests.factories.org import OrganizationFactory

DISCOVERY = Actor.house(Door.JOB, name="Discovery")


@dataclass
class Office:
    """One network and its devices, at a moment that every sweep moves on by an hour."""

    work: Any
    reading: Any
    clock: Any
    organization_id: int
    network_id: int
    now: datetime = NOON
    sweeps: list[int] = field(default_factory=list)

    def sweep(self, *reports: Any, look: bool = True, heard: dict[str, list[tuple[str, str]]] | None = None) -> int:
        """Sweep once: these devices answer. ``heard`` maps a switch's address to (port, MAC) pairs it forwards to."""
        self.now += timedelta(hours=1)
        self.clock.moment = self.now
        with self.work(DISCOVERY) as unit:
            network = unit.session.get_one(Network, self.network_id)
            row = Sweep(organization_id=self.organization_id, network_ids=[network.id], state=SweepState.FINISHED)
            row.progress, row.started_at, row.finished_at = {}, self.now, self.now
            unit.session.add(row)
            unit.session.flush()
            batch = [prepare(one) for one in reports]
            for one in batch:
                one.device = with_hosts(one.device, (heard or {}).get(one.report.address, []))
            Intake(DISCOVERY, network, row.id).take(batch, now=self.now)
            # An honest device that hears somebody new says something new; here the hosts stand beside the report.
            words = [
                tellings.Word(asset_id, sighting_id, one.device, whole=True)
                for one in batch
                for asset_id, sighting_id in unit.session.execute(
                    select(TargetOutcome.asset_id, TargetOutcome.sighting_id).where(
                        TargetOutcome.sweep_id == row.id, TargetOutcome.address == one.report.address
                    )
                )
                if asset_id is not None
            ]
            tellings.note(self.organization_id, words, now=self.now)
            found = survey(unit.session, self.organization_id, now=self.now)
            topology.write(self.organization_id, found, now=self.now)
            sweep_id = row.id
        if look:
            self.look(sweep_id)
        return sweep_id

    def look(self, sweep_id: int) -> Any:
        """Take the look that belongs to a sweep."""
        with self.reading() as session:
            seen = evaluation.see(session, sweep_id, now=self.now)
            if seen is None:
                return None
            with transaction(DISCOVERY) as unit:
                return evaluation.look_after_sweep(DISCOVERY, sweep_id, now=unit.now, seen=seen)

    def rule(self, key: RuleKey, **values: Any) -> None:
        """Change a rule."""
        with self.work() as unit:
            row = ensure_rules(now=unit.now)[key]
            for name, value in values.items():
                setattr(row, name, value)

    def only_rule(self, key: RuleKey, **values: Any) -> None:
        """Switch all other rules off."""
        with self.work() as unit:
            for one, row in ensure_rules(now=unit.now).items():
                row.enabled = one is key
        self.rule(key, enabled=True, opens_ticket=True, **values)

    def asset(self, name: str = "sw-1") -> int:
        """Return the id of an asset."""
        with self.reading() as session:
            return session.scalars(select(Asset.id).where(Asset.name == name)).one()

    def part(self, name: str, kind: str, *, asset: str = "sw-1", **values: Any) -> None:
        """Let an asset have a part, or another value of it."""
        asset_id = self.asset(asset)
        with self.work() as unit:
            known = unit.session.scalars(select(Component).filter_by(asset_id=asset_id, name=name)).one_or_none()
            if known is None:
                known = Component(asset_id=asset_id, name=name, kind=kind, key=f"{kind}:{name}", first_seen_at=unit.now)
                unit.session.add(known)
            for column, value in values.items():
                setattr(known, column, value)

    def drift(self, *, ended: bool = False) -> list[Drift]:
        """Return the drift that is open (or all)."""
        with self.reading() as session:
            wanted = select(Drift).order_by(Drift.id)
            return list(session.scalars(wanted if ended else wanted.where(Drift.ended_at.is_(None))))

    def tickets(self) -> list[Ticket]:
        """Return all tickets, oldest first."""
        with self.reading() as session:
            return list(session.scalars(select(Ticket).order_by(Ticket.id)))

    def cases(self) -> list[DriftCase]:
        """Return all cases, oldest first."""
        with self.reading() as session:
            return list(session.scalars(select(DriftCase).order_by(DriftCase.id)))

    def told(self, ticket_id: int) -> list[dict[str, Any]]:
        """Return what drift told on a ticket."""
        with self.reading() as session:
            wanted = select(Entry.data).where(Entry.ticket_id == ticket_id, Entry.fact == "drift").order_by(Entry.id)
            return list(session.scalars(wanted))


def with_hosts(device: Any, ports: list[tuple[str, str]]) -> Any:
    """Return a device whose forwarding table holds these hosts."""
    from dataclasses import replace

    from itsm.discovery.facts import Forwarding

    return replace(device, forwarding=tuple(Forwarding(mac, "fdb", port) for port, mac in ports))


@pytest.fixture
def office(app, work, reading, clock) -> Office:
    """Give an office with one switch, seen once, so that it has a baseline."""
    with work() as unit:
        organization_id = OrganizationFactory(name="Acme").id
        network_id = NetworkFactory(organization=None, organization_id=organization_id).id
        assert unit.session is not None
    return Office(work, reading, clock, organization_id, network_id)


@pytest.fixture
def seen(office) -> Office:
    """Give the office after its first sweep."""
    office.sweep(report())
    return office
