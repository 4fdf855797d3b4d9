"""Every change of hands closes one period and opens the next."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from itsm.assets.enums import AssetStatus
from itsm.assets.events import AssetChanged, AssetCreated, AssetStatusChanged
from itsm.assets.models import CustodyPeriod
from itsm.assets.services import custody, editing
from itsm.kernel.actor import Actor, Role
from itsm.kernel.errors import Forbidden, Invalid, RuleBroken
from tests.application import NOON, only
from tests.factories.accounts import PersonFactory
from tests.factories.org import LocationFactory


def persons(actor, *names):
    organization_id = only(actor.organization_ids)
    return [PersonFactory(organization=None, organization_id=organization_id, name=name) for name in names]


def test_out_on_and_in_again_leaves_three_periods(work, manager, enter):
    with work(manager) as unit:
        asset = enter(manager)
        ben, eve = persons(manager, "Ben", "Eve")
        stock = LocationFactory(organization=None, organization_id=only(manager.organization_ids), name="Stock")
        back = date(2026, 12, 24)
        custody.check_out(manager, asset, custody.Handover(person_id=ben.id, expected_return_on=back), now=NOON)
        assert (asset.custodian_id, asset.status) == (ben.id, AssetStatus.IN_USE)
        custody.check_out(manager, asset, custody.Handover(person_id=eve.id), now=NOON + timedelta(hours=1))
        home = custody.Handover(location_id=stock.id, note="with charger")
        custody.check_in(manager, asset, home, now=NOON + timedelta(hours=2))
        assert (asset.custodian_id, asset.location_id, asset.status) == (None, stock.id, AssetStatus.IN_STOCK)
        unit.session.flush()
        periods = unit.session.scalars(select(CustodyPeriod).order_by(CustodyPeriod.id)).all()
        assert [(row.person_id, row.location_id, row.expected_return_on, row.note) for row in periods] == [
            (ben.id, None, back, ""),
            (eve.id, None, None, ""),
            (None, stock.id, None, "with charger"),
        ]
        assert [row.ended_at for row in periods] == [NOON + timedelta(hours=1), NOON + timedelta(hours=2), None]
        assert [type(event) for event in unit.events] == [
            AssetCreated,
            AssetChanged,
            AssetStatusChanged,
            AssetChanged,
            AssetChanged,
            AssetStatusChanged,
        ]


def test_what_cannot_be_handed_out_is_refused(work, manager, enter):
    with work(manager):
        asset = enter(manager, status=AssetStatus.RETIRED)
        (ben,) = persons(manager, "Ben")
        to = custody.Handover(person_id=ben.id)
        with pytest.raises(RuleBroken, match="retired"):
            custody.check_out(manager, asset, to, now=NOON)
        with pytest.raises(RuleBroken, match="Nobody holds"):
            custody.check_in(manager, asset, custody.Handover(), now=NOON)
        live = enter(manager, "lap-2")
        with pytest.raises(Invalid) as refused:
            custody.check_out(manager, live, custody.Handover(), now=NOON)
        assert list(refused.value.errors) == ["person_id"]
        yesterday = custody.Handover(person_id=ben.id, expected_return_on=date(2026, 11, 22))
        with pytest.raises(Invalid, match="marked fields"):
            custody.check_out(manager, live, yesterday, now=NOON)
        stranger = PersonFactory()
        with pytest.raises(Invalid) as foreign:
            custody.check_out(manager, live, custody.Handover(person_id=stranger.id), now=NOON)
        assert list(foreign.value.errors) == ["custodian_id"]
        reader = Actor(user_id=2, roles=frozenset({Role.AUDITOR}), organization_ids=manager.organization_ids)
        with pytest.raises(Forbidden):
            custody.check_out(reader, live, to, now=NOON)
        assert live.custodian_id is None


def test_an_edit_of_the_custodian_is_a_change_of_hands_too(work, manager, enter):
    with work(manager) as unit:
        asset = enter(manager)
        (ben,) = persons(manager, "Ben")
        editing.edit(manager, asset, {"custodian_id": ben.id}, version=asset.version, now=NOON)
        unit.session.flush()
        assert only(unit.session.scalars(select(CustodyPeriod))).person_id == ben.id
