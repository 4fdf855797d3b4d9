"""A company with two switches below a router, and devices on them, for tests of what a ticket learns."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from itsm.assets.enums import AssetKind, RelationshipType
from itsm.assets.models import Asset, Relationship
from itsm.infra.unit import current_unit
from itsm.tickets.services.filing import NewTicket, file
from tests.application import NOON
from tests.factories.assets import AssetFactory
from tests.tickets.conftest import Desk, desk

__all__ = ["desk"]


@dataclass
class Site:
    """The devices by name, and the desk that looks after them."""

    desk: Desk
    ids: dict[str, int] = field(default_factory=dict)
    work: Any = None

    def asset(self, name: str, kind: AssetKind = AssetKind.LAPTOP, **more: Any) -> Asset:
        """Enter a device in the open transaction."""
        given = {"organization_id": self.desk.organization_id, "first_seen_at": NOON - timedelta(days=60)}
        one = AssetFactory(organization=None, name=name, kind=kind, **{**given, **more})
        self.ids[name] = one.id
        return one

    def cable(self, low: str, high: str, port: str = "", **more: Any) -> Relationship:
        """Plug a device into a port in the open transaction."""
        row = Relationship(
            from_id=self.ids[low], to_id=self.ids[high], type=RelationshipType.CONNECTED_TO, to_port=port, source="fdb"
        )
        for name, value in more.items():
            setattr(row, name, value)
        current_unit().session.add(row)
        return row

    def ticket(self, device: str, title: str = "No network", by: Any = None) -> int:
        """File a ticket about a device, as an employee; return its number."""
        by = by or self.desk.ana
        with self.work(by.actor) as unit:
            wish = NewTicket(title=title, body="Since this morning.", asset_ids=(self.ids[device],))
            return file(by.actor, wish, now=unit.now).number


@pytest.fixture
def site(desk, work) -> Site:
    """Give a site: router r1, switches sw-1 and sw-2 below it, 12 laptops on sw-1 and 6 on sw-2."""
    made = Site(desk, work=work)
    with work():
        made.asset("r1", AssetKind.ROUTER)
        for switch in ("sw-1", "sw-2"):
            made.asset(switch, AssetKind.SWITCH, last_seen_at=NOON)
            made.cable(switch, "r1")
        for number in range(18):
            switch = "sw-1" if number < 12 else "sw-2"
            holder = {12: desk.ana, 13: desk.bo}.get(number)
            custodian = holder.actor.person_id if holder else None
            made.asset(f"lap-{number}", custodian_id=custodian, last_seen_at=NOON, os_name="Linux", os_version="6.1")
            made.cable(f"lap-{number}", switch, f"Gi0/{number}")
    return made
