"""Worklists and the rules behind them: whose word counts, when silence is news, what came back after its end."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from itsm.assets.enums import AssetKind, AssetStatus, DisagreementState, Worklist
from itsm.assets.models import Disagreement, FieldChoice, Precedence, Resurfacing, StaleRule
from itsm.assets.queries import precedence as orders
from itsm.assets.queries import worklists
from itsm.assets.services import attention, precedence
from itsm.assets.services.decisions import Decision, decide, decide_many, refer
from itsm.assets.services.editing import change_status
from itsm.assets.services.observation import Observation, observe
from itsm.infra.journal import JournalRow
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Conflict, Invalid, RuleBroken
from tests.application import NOON, only

HOUSE = Actor.house()
DAY = timedelta(days=1)
NEW_ORDER = ["lldp", "snmp", "ssh", "cdp", "import"]


def sweep(asset, at=NOON, **values):
    """Let sources say what they see: ``snmp_serial="X"``."""
    said = [Observation(name.split("_", 1)[1], value, name.split("_", 1)[0]) for name, value in values.items()]
    observe(HOUSE, asset, said, now=at, address="10.0.0.1")


def names(unit, actor, worklist, at, **wish):
    wanted = worklists.listed(actor, unit.session, worklist, at, **wish)
    return [row.name for row in worklists.page(unit.session, wanted, after=None, before=None).rows]


def test_what_is_seen_and_on_no_book_waits_until_somebody_answers_for_it(work, manager, enter):
    with work(manager) as unit:
        seen, bought, virtual = (enter(manager, n, by=HOUSE, kind=k, status=AssetStatus.IN_USE) for n, k in (
            ("seen", AssetKind.SWITCH), ("bought", AssetKind.SWITCH), ("vm", AssetKind.VIRTUAL_MACHINE),
        ))  # fmt: skip
        enter(manager, "never", by=HOUSE)
        sweep(enter(manager, "entered", kind=AssetKind.SWITCH), snmp_os_name="IOS")
        bought.order_number = "4711"
        for asset in (seen, bought, virtual):
            sweep(asset, snmp_os_name="IOS")
        unit.session.flush()
        assert names(unit, manager, Worklist.UNBOOKED, NOON) == ["seen"]
        with pytest.raises(Invalid):
            attention.set_aside(manager, [seen.id], Worklist.UNBOOKED, reason="", until=None, now=NOON)
        until = (NOON + 3 * DAY).date()
        attention.set_aside(manager, [seen.id], Worklist.UNBOOKED, reason="leased", until=until, now=NOON)
        unit.session.flush()
        assert names(unit, manager, Worklist.UNBOOKED, NOON) == []
        assert names(unit, manager, Worklist.UNBOOKED, NOON, aside=True) == ["seen"]
        assert names(unit, manager, Worklist.UNBOOKED, NOON + 3 * DAY) == ["seen"]
        assert attention.bring_back(manager, [seen.id], Worklist.UNBOOKED) == 1
        assert attention.adopt(manager, [seen.id], owner_id=manager.person_id, now=NOON) == 1
        unit.session.flush()
        assert names(unit, manager, Worklist.UNBOOKED, NOON) == []


def test_what_is_paid_for_and_silent_waits_by_the_days_of_its_kind(work, manager, enter):
    with work(manager) as unit:
        server = enter(manager, "server", kind=AssetKind.SERVER, status=AssetStatus.IN_USE)
        enter(manager, "laptop", kind=AssetKind.LAPTOP, status=AssetStatus.IN_USE)
        enter(manager, "desk", kind=AssetKind.PERIPHERAL, status=AssetStatus.IN_USE)
        stored = enter(manager, "stored", kind=AssetKind.SERVER)
        unit.session.flush()
        assert names(unit, manager, Worklist.UNSEEN, NOON + 2 * DAY) == []
        assert names(unit, manager, Worklist.UNSEEN, NOON + 4 * DAY) == ["server"]
        assert names(unit, manager, Worklist.UNSEEN, NOON + 31 * DAY) == ["laptop", "server"]
        sweep(server, NOON + 4 * DAY, snmp_os_name="Linux")
        unit.session.flush()
        assert names(unit, manager, Worklist.UNSEEN, NOON + 5 * DAY) == []
        days = {AssetKind.SERVER: 3, AssetKind.LAPTOP: 90}
        assert attention.save_days(manager, server.organization_id, days, versions={}) == 1
        unit.session.flush()
        assert names(unit, manager, Worklist.UNSEEN, NOON + 31 * DAY) == ["server"]
        with pytest.raises(Conflict):
            attention.save_days(manager, server.organization_id, {AssetKind.LAPTOP: 20}, versions={})
        with pytest.raises(Invalid):
            attention.save_days(manager, server.organization_id, {AssetKind.LAPTOP: 0}, versions={})
        assert only(unit.session.scalars(select(StaleRule.days))) == 90
        assert attention.mark_missing(manager, [server.id, stored.id], now=NOON) == 1
        assert (server.status, stored.status) == (AssetStatus.MISSING, AssetStatus.IN_STOCK)


def test_what_ended_and_answers_is_told_once_and_stays_ended(work, manager, enter):
    with work(manager) as unit:
        asset = enter(manager, status=AssetStatus.IN_USE)
        change_status(manager, asset, AssetStatus.RETIRED, now=NOON)
        sweep(asset, snmp_serial="X1")
        sweep(asset, NOON + DAY, snmp_serial="X1")
        unit.session.flush()
        row = only(unit.session.scalars(select(Resurfacing)))
        assert (row.times, row.first_at, row.last_at, row.address) == (2, NOON, NOON + DAY, "10.0.0.1")
        assert asset.status is AssetStatus.RETIRED
        assert [one.id for one in worklists.resurfaced(manager, unit.session).rows] == [row.id]
        with pytest.raises(Invalid):
            attention.acknowledge(manager, row, asset, note="", now=NOON)
        attention.acknowledge(manager, row, asset, note="back from repair", status=AssetStatus.IN_USE, now=NOON)
        assert asset.status is AssetStatus.IN_USE
        with pytest.raises(RuleBroken):
            attention.acknowledge(manager, row, asset, note="again", now=NOON)
        assert worklists.resurfaced(manager, unit.session).rows == []
    with work() as unit:
        told = select(func.count()).where(JournalRow.action == "resurfaced")
        assert unit.session.scalar(told) == 1


def test_another_order_shows_what_it_changes_and_changes_that(work, manager, enter):
    with work(manager) as unit:
        session = unit.session
        free, chosen = enter(manager, "free", by=HOUSE), enter(manager, "chosen", serial="AAA")
        for asset in (free, chosen):
            sweep(asset, snmp_serial="SNMP1", lldp_serial="LLDP1")
        session.flush()
        home = free.organization_id
        found, more = orders.effects(session, home, "serial", NEW_ORDER, {})
        assert [(one.name, one.before, one.after, one.source) for one in found] == [("free", "SNMP1", "LLDP1", "lldp")]
        assert not more
        assert precedence.save_order(manager, home, "serial", NEW_ORDER, version=0, now=NOON) == 1
        assert (free.serial, free.serial_key, chosen.serial) == ("LLDP1", "LLDP1", "AAA")
        with pytest.raises(Conflict):
            precedence.save_order(manager, home, "serial", NEW_ORDER, version=0, now=NOON)
        with pytest.raises(Invalid):
            precedence.save_order(manager, home, "serial", ["ssh"], version=1, now=NOON)
        assert only(session.scalars(select(Precedence))).sources == NEW_ORDER
        assert orders.precedence_of(session, home) == {"serial": NEW_ORDER}


def test_a_single_trust_is_listed_and_taken_back(work, manager, enter):
    with work(manager) as unit:
        session = unit.session
        asset = enter(manager, serial="AAA")
        sweep(asset, snmp_serial="SNMP1")
        decide(manager, asset, only(session.scalars(select(Disagreement))), Decision.TRUST, now=NOON)
        sweep(asset, NOON + DAY, ssh_serial="SSH1")
        session.flush()
        assert asset.serial == "SNMP1"
        row = only(orders.trusted(manager, session).rows)
        assert (row.field, row.source, row.asset_id) == ("serial", "snmp", asset.id)
        precedence.revoke_trust(manager, asset, session.get_one(FieldChoice, row.id), now=NOON)
        assert asset.serial == "SSH1"
        assert orders.trusted(manager, session).rows == []


def test_many_are_decided_at_once_and_what_changed_is_left(work, manager, enter):
    with work(manager) as unit:
        session = unit.session
        assets = [enter(manager, f"a{n}", serial="AAA") for n in range(3)]
        for asset in assets:
            sweep(asset, snmp_serial="BBB")
        rows = session.scalars(select(Disagreement).order_by(Disagreement.id)).all()
        refer(manager, assets[2], rows[2], "ticket #7", now=NOON)
        session.flush()
        chosen = {rows[0].id: rows[0].version, rows[1].id: rows[1].version + 1, rows[2].id: rows[2].version}
        outcome = decide_many(manager, chosen, Decision.ACCEPT, now=NOON)
        assert (outcome.decided, outcome.left) == (1, 2)
        assert [asset.serial for asset in assets] == ["BBB", "AAA", "AAA"]
        assert [row.state for row in rows] == [
            DisagreementState.ACCEPTED,
            DisagreementState.OPEN,
            DisagreementState.REFERRED,
        ]
        assert [asset.open_disagreements for asset in assets] == [0, 1, 0]
        sweep(assets[2], NOON + DAY, snmp_serial="BBB")
        assert session.scalar(select(func.count(Disagreement.id))) == 3
        sweep(assets[2], NOON + DAY, snmp_serial="AAA")
        assert rows[2].state is DisagreementState.SETTLED
