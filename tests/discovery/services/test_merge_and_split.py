"""Two records of one thing become one and exactly two again; one record of two things is split and stays split."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from itsm.assets.enums import AssetKind
from itsm.assets.models import Asset, Distinction, MergeRecord
from itsm.assets.queries import detail, find_by_tag, get_asset, pick, survivor_of, visible_assets
from itsm.assets.services import editing, merging
from itsm.assets.services.registration import NewAsset, register_asset
from itsm.discovery.enums import MatchState, TargetResult
from itsm.discovery.models import AssetKey, Match, Sighting
from itsm.discovery.services.decisions import decide_match
from itsm.discovery.services.sending_back import left_by, send_back
from itsm.discovery.services.splitting import split
from itsm.infra.db import Base
from itsm.kernel.actor import Actor, Role
from itsm.kernel.errors import Conflict, NotFound, RuleBroken
from itsm.tickets.models import Ticket
from itsm.tickets.queries import detail as ticket_detail
from itsm.tickets.services import filing
from tests.application import NOON, only
from tests.discovery.services.test_intake import report, take
from tests.factories.accounts import PersonFactory, UserAccountFactory
from tests.factories.discovery import NetworkFactory

HOUSE = Actor.house()
LATER = NOON + timedelta(hours=1)
NOT_COMPARED = {"journal_row", "journal_head", "merge_record", "distinction", "search_document", "idempotency_key"}
MOVED = {"version", "updated_at"}


def fingerprint(session):
    """Return a hash of the content of every table but the journal and the rows that tell of the merge itself."""
    session.flush()
    found = hashlib.sha256()
    for table in sorted(Base.metadata.tables.values(), key=lambda table: table.name):
        if table.name in NOT_COMPARED or "search" in table.name:
            continue
        columns = [column for column in table.columns if column.name not in MOVED]
        rows = sorted(repr(tuple(row)) for row in session.execute(select(*columns)))
        found.update(repr((table.name, rows)).encode())
    return found.hexdigest()


@pytest.fixture
def manager(work):
    """Give an asset manager of one organization."""
    with work():
        user = UserAccountFactory(person__name="Ana Sousa")
        return replace(
            Actor(),
            user_id=user.id,
            person_id=user.person_id,
            name="Ana Sousa",
            roles=frozenset({Role.ASSET_MANAGER, Role.TECHNICIAN}),
            organization_ids=frozenset({user.person.organization_id}),
        )


def two_records(unit, manager):
    """Return what somebody bought, and what a sweep found of it without its serial; a ticket is on the second."""
    (organization_id,) = manager.organization_ids
    network = NetworkFactory(organization_id=organization_id, organization=None)
    take(network, report(serial=None, name="sw-seen", macs=("3c:52:82:00:00:01", "3c:52:82:00:00:02")))
    seen = only(unit.session.scalars(select(Asset)))
    holder = PersonFactory(organization_id=organization_id, organization=None)
    new = NewAsset(
        organization_id=organization_id,
        name="Core switch",
        kind=AssetKind.SWITCH,
        serial="FOC1234X0AB",
        facts={"custodian_id": holder.id, "supplier": "Bechtle", "price_minor": 120000, "currency": "EUR"},
    )
    bought = register_asset(manager, new, now=NOON)
    filing.file(manager, filing.NewTicket(title="Slow", body="x", asset_ids=(seen.id,)), now=NOON)
    unit.session.flush()
    return network, bought, seen


def test_a_merge_is_read_through_and_its_undo_leaves_no_trace(work, manager):
    with work(manager) as unit:
        session = unit.session
        _, bought, seen = two_records(unit, manager)
        editing.edit(manager, bought, {"model": "Wrong", "maker": "Nobody"}, version=bought.version, now=NOON)
        before = fingerprint(session)
        command = merging.Merging(take=["name", "model_id", "custodian_id"], why="same box")
        row = merging.merge(manager, bought, seen, command, now=LATER)
        session.flush()
        assert (seen.merged_into_id, bought.absorbed_count, bought.name) == (bought.id, 1, "sw-seen")
        assert session.scalars(visible_assets(manager, Asset.id)).all() == [bought.id]
        assert [asset.id for asset in pick(manager, seen.tag)] == [bought.id]
        assert [asset.id for asset in find_by_tag(manager, seen.tag)] == [bought.id]
        assert survivor_of(manager, seen.id) == bought.id
        with pytest.raises(NotFound):
            get_asset(manager, seen.id)
        assert {one.name for one in detail.interfaces(session, bought.id)} == {
            "GigabitEthernet1/0/1",
            "GigabitEthernet1/0/2",
        }
        assert [one.address for one in detail.addresses(session, bought.id)] == ["10.0.0.1"]
        assert bought.last_seen_at == NOON
        ticket = only(session.scalars(select(Ticket)))
        assert [(one.asset_id, one.tag) for one in ticket_detail.devices(session, ticket)] == [(bought.id, bought.tag)]
        undone = merging.undo(manager, bought, row, now=LATER)
        session.flush()
        session.expire_all()
        assert undone.kept == []
        assert fingerprint(session) == before
        assert session.scalars(visible_assets(manager, Asset.id)).all() == [seen.id, bought.id]


def test_what_was_changed_since_the_merge_stays_and_is_named(work, manager):
    with work(manager) as unit:
        session = unit.session
        _, bought, seen = two_records(unit, manager)
        row = merging.merge(
            manager, seen, bought, merging.Merging(take=["serial", "supplier", "custodian_id"]), now=LATER
        )
        assert (seen.serial_key, seen.supplier) == ("FOC1234X0AB", "Bechtle")
        session.flush()
        other = PersonFactory(organization_id=seen.organization_id, organization=None)
        changes = {"supplier": "Cancom", "custodian_id": other.id}
        editing.edit(manager, seen, changes, version=seen.version, now=LATER + timedelta(hours=1))
        undone = merging.undo(manager, seen, row, now=LATER + timedelta(hours=2), apart=True)
        session.flush()
        assert sorted(undone.kept) == ["custodian_id", "supplier"]
        assert (seen.serial, seen.serial_key, seen.supplier, seen.custodian_id) == (None, None, "Cancom", other.id)
        assert bought.supplier == "Bechtle"
        assert only(session.scalars(select(Distinction))).withdrawn_at is None
        with pytest.raises(RuleBroken):
            merging.undo(manager, seen, row, now=LATER)


def test_merges_nest_and_come_apart_in_any_order(work, manager):
    with work(manager):
        (home,) = manager.organization_ids
        named = [NewAsset(organization_id=home, name=name, kind=AssetKind.SERVER) for name in "abc"]
        a, b, c = (register_asset(manager, new, now=NOON) for new in named)
        first = merging.merge(manager, b, a, merging.Merging(), now=NOON)
        merging.merge(manager, c, b, merging.Merging(), now=NOON)
        assert (a.merged_into_id, b.merged_into_id, c.absorbed_count) == (c.id, c.id, 2)
        merging.undo(manager, c, first, now=NOON)
        assert (a.merged_into_id, b.merged_into_id, c.absorbed_count, b.absorbed_count) == (None, c.id, 1, 0)
        with pytest.raises(RuleBroken, match="part"):
            c.parent_id = a.id
            merging.merge(manager, c, a, merging.Merging(), now=NOON)


def test_two_serials_need_a_word_and_a_stale_page_is_refused(work, manager):
    with work(manager) as unit:
        _, bought, seen = two_records(unit, manager)
        seen.serial = "FOC9999Z9ZZ"
        unit.session.flush()
        with pytest.raises(RuleBroken, match="serial"):
            merging.merge(manager, bought, seen, merging.Merging(), now=NOON)
        with pytest.raises(Conflict):
            merging.merge(manager, bought, seen, merging.Merging(versions=(0, 0), sure=True), now=NOON)
        merging.merge(manager, bought, seen, merging.Merging(sure=True), now=NOON)
        assert unit.session.scalar(select(func.count(MergeRecord.id))) == 1


def test_sweeps_after_a_merge_know_one_asset_and_after_its_undo_two(work, manager):
    with work(manager) as unit:
        session = unit.session
        network, bought, seen = two_records(unit, manager)
        row = merging.merge(manager, bought, seen, merging.Merging(), now=NOON)
        macs = ("3c:52:82:00:00:01", "3c:52:82:00:00:02")
        assert take(network, report(serial=None, name="sw-seen", macs=macs), at=LATER) == {TargetResult.SAME: 1}
        session.expire_all()
        assert bought.last_seen_at == LATER
        other = report(address="10.0.0.5", serial=None, name="sw-two", macs=macs)
        assert take(network, other, at=LATER) == {TargetResult.CHANGED: 1}
        assert session.scalar(select(Match.asset_id).order_by(Match.id.desc()).limit(1)) == bought.id
        assert sorted(one.address for one in detail.addresses(session, bought.id) if one.gone_at is None) == [
            "10.0.0.5"
        ]
        merging.undo(manager, bought, row, now=LATER + timedelta(hours=1))
        session.flush()
        session.expire_all()
        assert session.scalars(select(Match.asset_id).order_by(Match.id)).all() == [seen.id, seen.id]
        again = report(address="10.0.0.5", serial=None, name="sw-three", macs=macs)
        assert take(network, again, at=LATER + timedelta(hours=2)) == {TargetResult.CHANGED: 1}
        session.expire_all()
        assert seen.last_seen_at == LATER + timedelta(hours=2)
        assert session.scalar(select(func.count(Asset.id))) == 2


def one_for_two(unit, manager):
    """Return a network and an asset that stands for two devices with one (wrong) serial."""
    network = NetworkFactory(organization_id=only(manager.organization_ids), organization=None)
    take(network, report(macs=("3c:52:82:00:00:01",), name="sw-1"))
    take(network, report(address="10.0.0.2", macs=("3c:52:82:00:00:99",), name="sw-2"), at=LATER)
    return network, only(unit.session.scalars(select(Asset)))


def test_a_split_gives_each_its_own_and_no_sweep_joins_them_again(work, manager):
    with work(manager) as unit:
        session = unit.session
        network, asset = one_for_two(unit, manager)
        wrong = session.scalar(select(Sighting.id).where(Sighting.address == "10.0.0.2"))
        other = split(manager, asset, [wrong], None, now=LATER, why="a clone")
        session.flush()
        session.expire_all()
        assert (asset.name, other.name) == ("sw-1", "sw-2")
        assert [one.mac for one in detail.interfaces(session, asset.id) if not one.gone_at] == ["3c:52:82:00:00:01"]
        assert [one.mac for one in detail.interfaces(session, other.id) if not one.gone_at] == ["3c:52:82:00:00:99"]
        keys = {
            one.id: set(session.scalars(select(AssetKey.value).where(AssetKey.asset_id == one.id)))
            for one in (asset, other)
        }
        assert "3c:52:82:00:00:99" not in keys[asset.id]
        assert "3c:52:82:00:00:01" not in keys[other.id]
        assert only(session.scalars(select(Distinction))).why == "a clone"
        changed = [
            report(macs=("3c:52:82:00:00:01",), name="sw-1b"),
            report(address="10.0.0.2", macs=("3c:52:82:00:00:99",), name="sw-2b"),
        ]
        assert take(network, *changed, at=LATER + timedelta(hours=1)) == {TargetResult.CHANGED: 2}
        session.expire_all()
        assert (asset.name, other.name) == ("sw-1b", "sw-2b")


def test_merging_the_halves_takes_the_split_back(work, manager):
    with work(manager) as unit:
        session = unit.session
        network, asset = one_for_two(unit, manager)
        wrong = session.scalar(select(Sighting.id).where(Sighting.address == "10.0.0.2"))
        other = split(manager, asset, [wrong], None, now=LATER)
        merging.merge(manager, asset, other, merging.Merging(), now=LATER)
        assert only(session.scalars(select(Distinction))).withdrawn_at == LATER
        again = report(address="10.0.0.2", macs=("3c:52:82:00:00:99",), name="sw-2c")
        assert take(network, again, at=LATER + timedelta(hours=1)) == {TargetResult.CHANGED: 1}
        assert [one.id for one in find_by_tag(manager, other.tag)] == [asset.id]


def test_what_is_sent_back_waits_for_a_person_and_no_sweep_gives_it_back(work, manager):
    with work(manager) as unit:
        session = unit.session
        network, asset = one_for_two(unit, manager)
        take(network, report(address="10.0.0.2", macs=("3c:52:82:00:00:99",), name="sw-2x"), at=LATER)
        wrong = session.scalars(select(Sighting.id).where(Sighting.address == "10.0.0.2").order_by(Sighting.id)).all()
        (waits,) = send_back(manager, asset, wrong[:1], now=LATER, why="a clone")
        session.flush()
        session.expire_all()
        assert (asset.name, asset.last_seen_at) == ("sw-1", NOON)
        assert [one.mac for one in detail.interfaces(session, asset.id) if not one.gone_at] == ["3c:52:82:00:00:01"]
        states = session.execute(select(Match.sighting_id, Match.state, Match.asset_id).order_by(Match.id)).all()
        assert states == [
            (states[0][0], MatchState.CREATED, asset.id),
            (wrong[0], MatchState.DISMISSED, None),
            (wrong[1], MatchState.UNDECIDED, None),
        ]
        assert [(one["asset_id"], one["left"]) for one in waits.candidates] == [(asset.id, True)]
        same = report(address="10.0.0.2", macs=("3c:52:82:00:00:99",), name="sw-2x")
        assert take(network, same, at=LATER) == {TargetResult.UNDECIDED: 1}
        # The serial number is still the other's: the rules alone would join them again.
        newer = report(address="10.0.0.2", macs=("3c:52:82:00:00:99",), name="sw-2y")
        assert take(network, newer, at=LATER) == {TargetResult.UNDECIDED: 1}
        waiting = only(session.scalars(select(Match).where(Match.state == MatchState.UNDECIDED)))
        assert waiting.id > waits.id and left_by(waiting) == asset.id
        other = decide_match(manager, waiting, "new", now=LATER)
        session.flush()
        session.expire_all()
        mine = select(Match.sighting_id).where(Match.asset_id == other.id).order_by(Match.id)
        assert session.scalars(mine).all() == [*wrong, waiting.sighting_id]
        assert session.scalars(select(Match.decided_with_id).distinct()).all() == [None]
        assert only(session.scalars(select(Distinction))).withdrawn_at is None
        changed = report(address="10.0.0.2", macs=("3c:52:82:00:00:99",), name="sw-2z")
        assert take(network, changed, at=LATER + timedelta(hours=1)) == {TargetResult.CHANGED: 1}
        session.expire_all()
        assert (asset.name, other.name) == ("sw-1", "sw-2z")


def test_what_is_sent_back_and_was_right_after_all_is_as_it_was(work, manager):
    with work(manager) as unit:
        session = unit.session
        _, asset = one_for_two(unit, manager)

        def state():
            session.flush()
            session.expire_all()
            return (
                [(one.sighting_id, one.asset_id) for one in session.scalars(select(Match).order_by(Match.id))],
                set(session.scalars(select(AssetKey.value).where(AssetKey.asset_id == asset.id))),
                {(one.name, one.mac, one.gone_at) for one in detail.interfaces(session, asset.id)},
                (asset.name, asset.serial, asset.serial_key, asset.last_seen_at),
            )

        before = state()
        wrong = session.scalar(select(Sighting.id).where(Sighting.address == "10.0.0.2"))
        (waits,) = send_back(manager, asset, [wrong], now=LATER)
        assert state() != before
        assert decide_match(manager, waits, str(asset.id), now=LATER).id == asset.id
        assert state() == before
        assert session.scalars(select(Distinction)).all() == []


def test_the_form_sends_back_and_refuses_two_answers(work, manager, sign_in):
    with work(manager) as unit:
        _, asset = one_for_two(unit, manager)
        asset_id = asset.id
        wrong = unit.session.scalar(select(Sighting.id).where(Sighting.address == "10.0.0.2"))
    tina = sign_in(Role.TECHNICIAN, organization=only(manager.organization_ids))
    both = {"sighting_ids": wrong, "undecided": "1", "other_id": asset_id}
    assert tina.post(f"/discovery/assets/{asset_id}/split", data=both).status_code == 422
    done = tina.post(f"/discovery/assets/{asset_id}/split", data={"sighting_ids": wrong, "undecided": "1"})
    assert (done.status_code, done.location) == (303, "/discovery/undecided")
    page = tina.get("/discovery/undecided").text
    assert "sw-2" in page and "It waits here until somebody says what it is" in page
    history = tina.get(f"/assets/{asset_id}/history").text
    assert "took what was seen at 10.0.0.2 away, to be decided" in history


def test_nothing_is_split_where_nothing_would_be_left(work, manager):
    with work(manager) as unit:
        _, asset = one_for_two(unit, manager)
        every = list(unit.session.scalars(select(Sighting.id)))
        with pytest.raises(RuleBroken):
            split(manager, asset, every, None, now=LATER)
