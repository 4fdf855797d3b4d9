"""A stack is one managed device over chassis that are things of their own."""

from datetime import timedelta

from sqlalchemy import func, select

from itsm.assets.enums import AssetKind, AssetStatus, RelationshipType
from itsm.assets.models import Address, Asset, Relationship
from itsm.assets.services.registration import NewAsset, register_asset
from itsm.discovery.enums import TargetResult
from itsm.discovery.wire import HostReport, Varbind
from itsm.kernel.actor import Actor
from tests.application import NOON, only
from tests.discovery.services.test_intake import CHASSIS, report, take
from tests.factories.discovery import NetworkFactory

HOUSE = Actor.house()
S1, S2, S3, S4 = "FOC2714X0K2", "FOC2714X0PD", "FOC2714X0QA", "FOC2714X0ZZ"
MACS = ("70:6d:15:3a:40:01", "70:6d:15:3a:40:02")


def stack(*serials, name="core", macs=MACS, **more):
    """Return the report of a stack with these chassis under one entry of class stack(11)."""
    rows = [
        Varbind("1.3.6.1.2.1.1.1.0", "4", "Cisco IOS Software, C2960X Software, Version 15.2(7)E4, RELEASE SOFTWARE"),
        Varbind("1.3.6.1.2.1.1.2.0", "6", "1.3.6.1.4.1.9.1.1208"),
        Varbind("1.3.6.1.2.1.1.5.0", "4", name),
        Varbind(f"{CHASSIS}.5.1", "2", "11"),
        Varbind(f"{CHASSIS}.7.1", "4", "Stack"),
    ]
    for place, serial in enumerate(serials, 1):
        index = 1000 * place
        rows += [
            Varbind(f"{CHASSIS}.4.{index}", "2", "1"),
            Varbind(f"{CHASSIS}.5.{index}", "2", "3"),
            Varbind(f"{CHASSIS}.6.{index}", "2", str(place)),
            Varbind(f"{CHASSIS}.7.{index}", "4", f"Switch {place}"),
            Varbind(f"{CHASSIS}.11.{index}", "4", serial),
            Varbind(f"{CHASSIS}.12.{index}", "4", "Cisco"),
            Varbind(f"{CHASSIS}.13.{index}", "4", "WS-C2960X-24TS-L"),
        ]
    for number, mac in enumerate(macs, 1):
        rows.append(Varbind(f"1.3.6.1.2.1.2.2.1.2.{number}", "4", f"GigabitEthernet1/0/{number}"))
        rows.append(Varbind(f"1.3.6.1.2.1.2.2.1.3.{number}", "2", "6"))
        rows.append(Varbind(f"1.3.6.1.2.1.2.2.1.6.{number}", "4x", mac.replace(":", "")))
    return HostReport(address="10.0.0.1", taken_at=NOON.isoformat(), varbinds=tuple(rows), **more)


def seen(unit):
    """Return (name, serial, name of what it is part of) of all assets."""
    unit.session.flush()
    unit.session.expire_all()
    names = {asset.id: asset for asset in unit.session.scalars(select(Asset))}
    return sorted(
        (asset.name, asset.serial, names[asset.parent_id].name if asset.parent_id else None) for asset in names.values()
    )


def test_each_chassis_is_an_asset_and_ports_and_addresses_are_the_stacks(work):
    with work() as unit:
        network = NetworkFactory()
        assert take(network, stack(S1, S2, S3)) == {TargetResult.NEW: 1}
        whole = [("core", None, None)]
        assert seen(unit) == whole + [(f"core · {n}", s, "core") for n, s in enumerate((S1, S2, S3), 1)]
        managed = only(unit.session.scalars(select(Asset).where(Asset.parent_id.is_(None))))
        assert unit.session.scalars(select(Address.asset_id).distinct()).all() == [managed.id]
        ties = select(func.count(Relationship.id)).where(Relationship.type == RelationshipType.PART_OF)
        assert unit.session.scalar(ties.where(Relationship.to_id == managed.id)) == 3
        later = NOON + timedelta(days=1)
        assert take(network, stack(S1, S2, S3), at=later) == {TargetResult.SAME: 1}
        unit.session.expire_all()
        assert set(unit.session.scalars(select(Asset.last_seen_at))) == {later}
        assert take(network, stack(S2, S1, S3, name="core-b"), at=later) == {TargetResult.CHANGED: 1}
        assert seen(unit) == [("core-b", None, None)] + [
            (f"core-b · {n}", s, "core-b") for n, s in enumerate((S2, S1, S3), 1)
        ]
        assert unit.session.scalar(ties.where(Relationship.ended_at.is_(None))) == 3


def test_one_chassis_under_a_stack_is_no_stack(work):
    with work() as unit:
        take(NetworkFactory(), stack(S1))
        assert seen(unit) == [("core", S1, None)]


def test_a_chassis_that_was_bought_is_found_by_its_serial(work):
    with work() as unit:
        network = NetworkFactory()
        new = NewAsset(
            organization_id=network.organization_id,
            name="Spare switch",
            kind=AssetKind.SWITCH,
            status=AssetStatus.IN_STOCK,
            serial=S2,
            facts={"order_number": "4711"},
        )
        bought = register_asset(HOUSE, new, now=NOON)
        take(network, stack(S1, S2))
        assert unit.session.scalar(select(func.count(Asset.id))) == 3
        unit.session.expire_all()
        assert (bought.serial, bought.order_number, bought.status) == (S2, "4711", AssetStatus.IN_STOCK)
        assert unit.session.get_one(Asset, bought.parent_id).name == "core"


def test_a_chassis_that_is_replaced_lets_go_and_a_switch_that_joins_stays_itself(work):
    with work() as unit:
        network = NetworkFactory()
        take(network, report(serial=S1, name="core", macs=MACS))
        alone = only(unit.session.scalars(select(Asset)))
        take(network, stack(S1, S2), at=NOON + timedelta(days=1))
        assert [row[1:] for row in seen(unit)] == [(None, None), (S1, "core"), (S2, "core")]
        assert alone.serial == S1
        assert alone.parent_id is not None
        take(network, stack(S1, S4), at=NOON + timedelta(days=2))
        assert seen(unit) == [
            ("core", None, None),
            ("core · 1", S1, "core"),
            ("core · 2", S2, None),
            ("core · 2", S4, "core"),
        ]
        ended = select(Relationship.from_id).where(Relationship.ended_at.is_not(None))
        gone = only(unit.session.scalars(ended))
        assert unit.session.get_one(Asset, gone).serial == S2
        take(network, report(serial=S1, name="core", macs=MACS), at=NOON + timedelta(days=3))
        assert unit.session.scalar(select(func.count(Asset.id))) == 4
        unit.session.flush()
        unit.session.expire_all()
        assert (alone.parent_id, alone.last_seen_at) == (None, NOON + timedelta(days=3))
