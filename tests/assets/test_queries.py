"""Finding assets by what people type, within what they may see."""

from dataclasses import replace

import pytest

from itsm.assets.enums import AssetKind, AssetStatus
from itsm.assets.queries import held_by, pick
from itsm.assets.queries import register as listing
from itsm.assets.queries.wish import COLUMNS, DEFAULT_COLUMNS, Wish
from itsm.assets.services import parts
from itsm.kernel.actor import Actor, Role
from tests.application import NOON, only
from tests.factories.accounts import PersonFactory
from tests.factories.org import LocationFactory

HOUSE = Actor.house()


@pytest.mark.parametrize(
    "typed",
    ["00:11:22:aa:bb:cc", "00-11-22-AA-BB-CC", "0011.22aa.bbcc", "001122aabbcc", "00:11:22", "10.20.0.7", "10.20."],
)
def test_mac_and_ip_addresses_are_found_in_any_notation_and_by_their_beginning(work, manager, enter, typed):
    with work(manager) as unit:
        asset = enter(manager, "sw-1", kind=AssetKind.SWITCH)
        enter(manager, "sw-2", kind=AssetKind.SWITCH)
        parts.sync_interfaces(HOUSE, asset, [{"name": "eth0", "mac": "00:11:22:aa:bb:cc"}], now=NOON)
        parts.sync_addresses(HOUSE, asset, ["10.20.0.7"], now=NOON)
        unit.session.flush()
        found = listing.page(manager, Wish(q=typed), unit.session, NOON)
        assert [row.name for row in found.rows] == ["sw-1"]


def test_a_location_holds_what_lies_in_it_and_not_what_only_begins_alike(work, manager, enter):
    with work(manager) as unit:
        here = only(manager.organization_ids)
        paths = ("Leeds", "Leeds / Main / 2.14", "Leeds 2")
        ids = [LocationFactory(organization=None, organization_id=here, path=path).id for path in paths]
        for path, id_ in zip(paths, ids, strict=True):
            enter(manager, path, facts={"location_id": id_})
        found = listing.page(manager, Wish(location=ids[0]), unit.session, NOON)
        assert [row.name for row in found.rows] == ["Leeds", "Leeds / Main / 2.14"]


def test_what_a_person_holds_is_seen_by_him_and_staff_of_his_organization(work, manager, enter):
    with work(manager):
        ben = PersonFactory(organization=None, organization_id=only(manager.organization_ids))
        enter(manager, "held", facts={"custodian_id": ben.id})
        enter(manager, "gone", status=AssetStatus.RETIRED, facts={"custodian_id": ben.id})
        himself = Actor(user_id=9, person_id=ben.id, roles=frozenset({Role.EMPLOYEE}))
        stranger = replace(manager, person_id=None, organization_ids=frozenset({10**6}))
        assert [asset.name for asset in held_by(himself, ben.id)] == ["held"]
        assert [asset.name for asset in held_by(manager, ben.id)] == ["held"]
        assert held_by(stranger, ben.id) == []
        assert [row.name for row in pick(himself, "")] == ["held"]
        assert pick(stranger, "held") == []


def test_a_wish_is_read_from_any_query_and_written_back_short():
    hostile = {
        "status": "melted",
        "kind": "x",
        "category": "9" * 30,
        "model": "-1",
        "cols": "x.serial.status",
        "sort": ";",
    }
    wish = Wish.of(hostile)
    assert wish == Wish(columns=("status", "serial"))
    assert wish.values() == {"cols": "status.serial"}
    assert Wish.of({}).values() == {}
    whole = {"q": "a b", "status": "any", "location": "3", "flag": "stale", "sort": "seen", "down": "1"}
    assert Wish.of(whole).values() == whole
    assert set(DEFAULT_COLUMNS) <= set(COLUMNS)


def test_pages_follow_one_another_without_gaps_in_every_order(work, manager, enter):
    with work(manager) as unit:
        for number in range(7):
            enter(manager, f"lap-{number % 3}", status=AssetStatus.IN_USE if number % 2 else AssetStatus.IN_STOCK)
        unit.session.flush()
        for sort in ("name", "tag", "status", "updated", "seen"):
            for down in (False, True):
                wish, seen, after = Wish(sort=sort, down=down, columns=COLUMNS), [], None
                while True:
                    keys = listing.order(wish)
                    extra = [listing.SEEN] if sort == "seen" else []
                    wanted = listing.statement(manager, wish, unit.session, NOON, *extra)
                    page = listing.fetch(unit.session, wanted, keys, after=after, size=3)
                    seen += [row.id for row in page.rows]
                    if page.after is None:
                        break
                    after = page.after
                assert len(seen) == len(set(seen)) == 7, (sort, down)
