"""From a report to an asset: new, seen again, changed, another address, somebody else's serial, undecided."""

import threading
from datetime import timedelta

from sqlalchemy import func, select

from itsm.assets.models import Address, Asset, Interface
from itsm.discovery.enums import MatchState, TargetResult
from itsm.discovery.models import Match, Network, Sighting
from itsm.discovery.services.intake import Intake
from itsm.discovery.services.prepared import prepare
from itsm.discovery.wire import HostReport, Stage, Varbind
from itsm.infra.db import db
from itsm.infra.journal import JournalRow, verify
from itsm.infra.unit import transaction
from itsm.kernel.actor import Actor
from tests.application import NOON, only
from tests.factories.assets import AssetFactory
from tests.factories.discovery import NetworkFactory
from tests.factories.org import LocationFactory

HOUSE = Actor.house()
CHASSIS = "1.3.6.1.2.1.47.1.1.1.1"


def report(address="10.0.0.1", serial="FOC1234X0AB", name="sw-1", macs=("3c:52:82:00:00:01",), **more):
    rows = [
        Varbind("1.3.6.1.2.1.1.1.0", "4", "Cisco IOS Software, C2960X Software, Version 15.2(7)E4, RELEASE SOFTWARE"),
        Varbind("1.3.6.1.2.1.1.2.0", "6", "1.3.6.1.4.1.9.1.1208"),
        Varbind("1.3.6.1.2.1.1.5.0", "4", name),
    ]
    if serial:
        rows += [
            Varbind(f"{CHASSIS}.5.1001", "2", "3"),
            Varbind(f"{CHASSIS}.11.1001", "4", serial),
            Varbind(f"{CHASSIS}.13.1001", "4", "WS-C2960X-24TS-L"),
        ]
    for number, mac in enumerate(macs, 1):
        rows.append(Varbind(f"1.3.6.1.2.1.2.2.1.2.{number}", "4", f"GigabitEthernet1/0/{number}"))
        rows.append(Varbind(f"1.3.6.1.2.1.2.2.1.3.{number}", "2", "6"))
        rows.append(Varbind(f"1.3.6.1.2.1.2.2.1.6.{number}", "4x", mac.replace(":", "")))
    return HostReport(address=address, taken_at=NOON.isoformat(), varbinds=tuple(rows), **more)


def take(network, *reports, at=NOON, sweep_id=None):
    tally = Intake(HOUSE, network, sweep_id).take([prepare(one) for one in reports], now=at)
    return dict(tally.results)


def test_a_new_device_becomes_an_asset_with_its_parts(work):
    with work() as unit:
        assert take(NetworkFactory(), report()) == {TargetResult.NEW: 1}
        asset = only(unit.session.scalars(select(Asset)))
        assert (asset.name, asset.serial, asset.kind.value) == ("sw-1", "FOC1234X0AB", "switch")
        assert unit.session.scalars(select(Interface.name)).all() == ["GigabitEthernet1/0/1"]
        assert unit.session.scalars(select(Address.address)).all() == ["10.0.0.1"]


def test_the_same_content_is_stored_once(work):
    with work() as unit:
        network = NetworkFactory()
        take(network, report())
        later = NOON + timedelta(days=1)
        assert take(network, report(), at=later) == {TargetResult.SAME: 1}
        sighting = only(unit.session.scalars(select(Sighting).execution_options(populate_existing=True)))
        assert (sighting.times_seen, sighting.last_seen_at, sighting.taken_at) == (2, later, NOON)
        unit.session.expire_all()
        assert only(unit.session.scalars(select(Asset.last_seen_at))) == later


def test_a_device_that_moved_keeps_its_asset(work):
    with work() as unit:
        network = NetworkFactory()
        take(network, report())
        assert take(network, report(address="10.0.0.77", name="sw-renamed")) == {TargetResult.CHANGED: 1}
        asset = only(unit.session.scalars(select(Asset)))
        assert asset.name == "sw-renamed"


def test_one_device_at_two_addresses_in_one_batch_is_one_asset(work):
    with work() as unit:
        assert take(NetworkFactory(), report(), report(address="10.0.0.2"), sweep_id=None) == {
            TargetResult.NEW: 1,
            TargetResult.ALIAS: 1,
        }
        assert unit.session.scalar(select(func.count(Asset.id))) == 1
        assert sorted(unit.session.scalars(select(Address.address))) == ["10.0.0.1", "10.0.0.2"]


def test_two_serials_never_become_one_asset(work):
    with work() as unit:
        take(NetworkFactory(), report(), report(address="10.0.0.2", serial="FOC9999Z9ZZ"))
        assert sorted(unit.session.scalars(select(Asset.serial))) == ["FOC1234X0AB", "FOC9999Z9ZZ"]


def test_an_asset_that_was_bought_is_recognised_by_its_serial(work):
    with work() as unit:
        network = NetworkFactory()
        bought = AssetFactory(organization_id=network.organization_id, serial="foc1234x0ab", serial_key="FOC1234X0AB")
        assert take(network, report()) == {TargetResult.CHANGED: 1}
        assert unit.session.scalar(select(Match.asset_id)) == bought.id


def test_a_weak_likeness_is_left_to_a_person(work):
    with work() as unit:
        network = NetworkFactory()
        take(network, report(serial=None, macs=("3c:52:82:00:00:01", "3c:52:82:00:00:02")))
        seen = report(address="10.0.0.9", serial=None, name="other", macs=("3c:52:82:00:00:02",))
        assert take(network, seen) == {TargetResult.UNDECIDED: 1}
        match = only(unit.session.scalars(select(Match).where(Match.state == MatchState.UNDECIDED)))
        assert (match.asset_id, match.score, match.candidates[0]["agree"]) == (
            None,
            0.5,
            [["mac", "3c:52:82:00:00:02"]],
        )


def test_a_partial_reading_takes_nothing_away(work):
    with work() as unit:
        network = NetworkFactory()
        take(network, report(macs=("3c:52:82:00:00:01", "3c:52:82:00:00:02")))
        take(network, report(macs=("3c:52:82:00:00:01",), partial=True))
        assert unit.session.scalars(select(Interface.gone_at)).all() == [None, None]


def test_an_answer_that_tells_nothing_makes_no_asset(work):
    shut = HostReport(
        address="10.0.0.3", taken_at=NOON.isoformat(), stages=(Stage("snmp", "auth_failed"),), engine_id="80001f88"
    )
    with work() as unit:
        assert take(NetworkFactory(), shut) == {TargetResult.REFUSED: 1}
        assert unit.session.scalar(select(func.count(Asset.id))) == 0


def test_a_new_device_is_one_line_of_the_journal(work):
    with work() as unit:
        network = NetworkFactory()
        network.location_id = LocationFactory(organization_id=network.organization_id, organization=None).id
        take(network, report())
    with work() as unit:
        rows = unit.session.scalars(select(JournalRow).order_by(JournalRow.sequence)).all()
        about = [row for row in rows if row.subject_type in ("asset", "match", "custody_period")]
        line = only(about)
        assert (line.subject_type, line.action, line.detail["after"]["name"]) == ("asset", "created", "sw-1")
        assert [one["state"] for one in line.detail["after"]["with"]["match"]] == ["created"]
        assert len(line.detail["after"]["with"]["custody_period"]) == 1
        assert verify(unit.session).holds


def test_batches_of_two_probes_at_once_make_one_asset(app, work):
    """Two intakes hold the same device back to back: whoever comes second waits, and finds it."""
    with work():
        networks = [NetworkFactory().id]
        first = db.session.get_one(Network, networks[0])
        networks.append(NetworkFactory(organization_id=first.organization_id, organization=None).id)
    ready, failures = threading.Barrier(8), []

    def sweep(number):
        try:
            prepared = [prepare(report(address=f"10.0.{number}.{n}")) for n in (1, 2)]
            with app.app_context():
                ready.wait(30)
                with transaction(HOUSE) as unit:
                    network = unit.session.get_one(Network, networks[number % 2])
                    Intake(HOUSE, network, None).take(prepared, now=NOON)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=sweep, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    with work() as unit:
        assert only(unit.session.scalars(select(Asset.serial))) == "FOC1234X0AB"
        assert unit.session.scalar(select(func.count(Match.id))) == 16
        assert len(set(unit.session.scalars(select(Match.asset_id)))) == 1
        assert unit.session.scalar(select(func.count(Address.id))) == 16
