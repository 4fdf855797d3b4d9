"""Many assets in one action, and the action taken back."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from itsm.assets.enums import AssetStatus
from itsm.assets.models import Asset, CustodyPeriod
from itsm.assets.services import bulk, editing
from itsm.infra.journal import JournalRow
from itsm.kernel.actor import Role, new_request_id
from itsm.kernel.errors import Forbidden, Invalid, NotFound, RuleBroken
from tests.application import only
from tests.factories.org import DepartmentFactory, LocationFactory


def again(actor):
    return replace(actor, request_id=new_request_id())


@pytest.fixture
def estate(work, manager, enter):
    """Give three laptops (one disposed) and a place and a department to move them to."""
    with work(again(manager)):
        here = only(manager.organization_ids)
        ids = [enter(manager, f"lap-{n}").id for n in range(2)]
        ids.append(enter(manager, "gone", status=AssetStatus.DISPOSED).id)
        place = LocationFactory(organization=None, organization_id=here).id
        department = DepartmentFactory(organization=None, organization_id=here).id
    return ids, place, department


def states(session, ids):
    wanted = select(Asset.location_id, Asset.department_id, Asset.status).where(Asset.id.in_(ids)).order_by(Asset.id)
    return [tuple(row) for row in session.execute(wanted)]


def test_one_action_changes_what_may_change_and_undo_takes_the_whole_back(work, reading, manager, estate):
    ids, place, department = estate
    action = again(manager)
    with work(action) as unit:
        values = {"location_id": place, "department_id": department}
        outcome = bulk.apply(action, ids, values, status=AssetStatus.IN_USE, now=unit.now)
    assert outcome.changed == 2
    assert list(outcome.refused.values()) == ["An asset that is disposed cannot become in use."]
    with reading() as session:
        assert states(session, ids) == [
            (place, department, AssetStatus.IN_USE),
            (place, department, AssetStatus.IN_USE),
            (None, None, AssetStatus.DISPOSED),
        ]
        lines = select(func.count()).where(JournalRow.request_id == action.request_id)
        assert session.scalar(lines.where(JournalRow.subject_type == "asset")) == 2
    undoing = again(manager)
    with work(undoing) as unit:
        outcome = bulk.undo(undoing, action.request_id, now=unit.now)
    assert (outcome.changed, outcome.refused) == (2, {})
    with reading() as session:
        assert states(session, ids)[:2] == [(None, None, AssetStatus.IN_STOCK)] * 2
        assert session.scalar(select(func.count()).where(CustodyPeriod.ended_at.is_(None))) == 0
    with work(again(manager)) as unit, pytest.raises(RuleBroken, match="taken back already"):
        bulk.undo(again(manager), action.request_id, now=unit.now)


def test_undo_leaves_what_somebody_changed_since_and_says_so(work, reading, manager, estate):
    ids, _place, department = estate
    action = again(manager)
    with work(action) as unit:
        bulk.apply(action, ids[:2], {"department_id": department}, now=unit.now)
    with work(again(manager)) as unit:
        asset = unit.session.get_one(Asset, ids[0])
        editing.edit(manager, asset, {"department_id": None}, version=asset.version, now=unit.now)
    with work(again(manager)) as unit:
        outcome = bulk.undo(again(manager), action.request_id, now=unit.now)
        tag = unit.session.get_one(Asset, ids[0]).tag
    assert (outcome.changed, outcome.refused) == (1, {tag: "Somebody changed it since."})
    with reading() as session:
        assert [row[1] for row in states(session, ids[:2])] == [None, None]


def test_another_person_cannot_undo_it_and_strangers_assets_are_passed_over(work, manager, estate):
    ids, _place, department = estate
    action = again(manager)
    with work(action) as unit:
        bulk.apply(action, ids[:2], {"department_id": department}, now=unit.now)
    other = replace(again(manager), user_id=(manager.user_id or 0) + 1)
    with work(other) as unit, pytest.raises(NotFound):
        bulk.undo(other, action.request_id, now=unit.now)
    stranger = replace(again(manager), organization_ids=frozenset({10**6}))
    with work(stranger) as unit:
        outcome = bulk.apply(stranger, ids, {"department_id": None}, now=unit.now)
        assert (outcome.changed, outcome.refused) == (0, {})
    technician = replace(again(manager), roles=frozenset({Role.TECHNICIAN}))
    with work(technician) as unit, pytest.raises(Forbidden):
        bulk.apply(technician, ids, {"department_id": None}, now=unit.now)


def test_nothing_to_do_too_much_and_unknown_fields_are_refused(work, manager, estate):
    ids, _place, _department = estate
    with work(manager) as unit:
        for arguments in ((ids, {}), ([], {"department_id": None}), (range(1, 600), {"department_id": None})):
            with pytest.raises(Invalid):
                bulk.apply(manager, *arguments, now=unit.now)
        with pytest.raises(Invalid):
            bulk.apply(manager, ids, {"serial": 1}, now=unit.now)
