"""Discovery's word beside the record: it fills what nobody decided, and contradicts what somebody did."""

from datetime import timedelta

from sqlalchemy import select

from itsm.assets.enums import AssetKind, AssetStatus, DisagreementState
from itsm.assets.events import DisagreementOpened, SeenAfterRetirement
from itsm.assets.models import (
    Asset,
    Component,
    Disagreement,
    Interface,
    Manufacturer,
    Model,
    ObservedValue,
    SoftwareInstallation,
    SoftwareProduct,
)
from itsm.assets.services import parts
from itsm.assets.services.observation import Observation, observe
from itsm.assets.services.registration import NewAsset, register_asset
from itsm.kernel.actor import Actor, Role
from tests.application import NOON, only
from tests.factories.accounts import PersonFactory
from tests.factories.assets import AssetFactory

HOUSE = Actor.house()


def said(**values):
    return [Observation(field, value, "snmp") for field, value in values.items()]


def test_what_nobody_decided_follows_the_observation(work):
    with work() as unit:
        asset = AssetFactory(name="unknown-1")
        seen = said(name="sw-1", serial="FOC 1234-A", manufacturer="Cisco Systems, Inc.", model="C9300-24T")
        changed = observe(HOUSE, asset, seen, now=NOON)
        assert changed == ["name", "serial", "model"]
        assert (asset.name, asset.serial, asset.serial_key) == ("sw-1", "FOC 1234-A", "FOC1234A")
        maker, model = unit.session.execute(
            select(Manufacturer.name, Model.name).join(Model).where(Model.id == asset.model_id)
        ).one()
        assert (maker, model) == ("Cisco Systems, Inc.", "C9300-24T")
        assert observe(HOUSE, asset, seen, now=NOON + timedelta(days=1)) == []
        rows = unit.session.scalars(select(ObservedValue)).all()
        assert sorted((row.field, row.times_seen) for row in rows) == [
            ("manufacturer", 2),
            ("model", 2),
            ("name", 2),
            ("serial", 2),
        ]


def by_person(unit, **facts):
    person = PersonFactory()
    roles, organizations = frozenset({Role.ASSET_MANAGER}), frozenset({person.organization_id})
    actor = Actor(user_id=1, person_id=person.id, name="Ana", roles=roles, organization_ids=organizations)
    new = NewAsset(organization_id=person.organization_id, name="printer-2", kind=AssetKind.PRINTER, **facts)
    return register_asset(actor, new, now=NOON)


def test_a_persons_word_is_not_overwritten_but_contradicted_once(work):
    with work() as unit:
        asset = by_person(unit, serial="AAA11111")
        assert asset.tag == "PRI-00001"
        observe(HOUSE, asset, said(serial="BBB22222"), now=NOON)
        observe(HOUSE, asset, said(serial="BBB22222"), now=NOON + timedelta(hours=1))
        row = only(unit.session.scalars(select(Disagreement)))
        assert (row.field, row.recorded, row.observed, row.state) == (
            "serial",
            "AAA11111",
            "BBB22222",
            DisagreementState.OPEN,
        )
        assert (asset.serial, asset.open_disagreements) == ("AAA11111", 1)
        assert [type(event) for event in unit.events].count(DisagreementOpened) == 1
        observe(HOUSE, asset, said(serial="aaa-11111"), now=NOON + timedelta(hours=2))
        assert (row.state, asset.open_disagreements) == (DisagreementState.SETTLED, 0)


def test_a_retired_asset_that_answers_is_told_about_and_stays_retired(work):
    with work() as unit:
        asset = AssetFactory(status=AssetStatus.RETIRED, name="old")
        assert observe(HOUSE, asset, said(name="new"), now=NOON, address="10.0.0.9") == []
        assert (asset.status, asset.name) == (AssetStatus.RETIRED, "old")
        assert [e.address for e in unit.events if isinstance(e, SeenAfterRetirement)] == ["10.0.0.9"]


def test_parts_come_change_go_and_return(work):
    first = [{"name": "Gi1", "mac": "00:11:22:33:44:55"}, {"name": "Gi2", "mac": None}]
    with work() as unit:
        asset = AssetFactory()
        parts.sync_interfaces(HOUSE, asset, first, now=NOON)
        parts.sync_interfaces(HOUSE, asset, [{"name": "Gi1", "mac": "00:11:22:33:44:66"}], now=NOON)
        parts.sync_interfaces(HOUSE, asset, [], now=NOON, whole=False)
        rows = {r.name: (r.mac, r.gone_at) for r in unit.session.scalars(select(Interface))}
        assert rows == {"Gi1": ("00:11:22:33:44:66", None), "Gi2": (None, NOON)}
        parts.sync_interfaces(HOUSE, asset, first, now=NOON)
        unit.session.expire_all()
        assert {r.name: r.gone_at for r in unit.session.scalars(select(Interface))} == {"Gi1": None, "Gi2": None}
        assert [(e.added, e.removed) for e in unit.events] == [((), ("Gi2",)), (("Gi2",), ())]


def test_two_memory_modules_of_one_kind_are_two_parts(work):
    module = {"kind": "memory", "name": "8 GB DDR4", "size": 8 << 30}
    with work() as unit:
        asset = AssetFactory()
        parts.sync_components(HOUSE, asset, [module, module], now=NOON)
        parts.sync_components(HOUSE, asset, [module, module], now=NOON)
        assert len(unit.session.scalars(select(Component)).all()) == 2


def test_software_of_many_assets_shares_its_products(work):
    rows = [
        {"name": "LibreOffice", "version": "7.4", "publisher": "The Document Foundation"},
        {"name": "libreoffice", "version": "7.4", "publisher": "the document foundation"},
        {"name": "vim", "version": None},
    ]
    with work() as unit:
        for asset in (AssetFactory(), AssetFactory()):
            parts.sync_software(HOUSE, asset, rows, now=NOON)
        assert len(unit.session.scalars(select(SoftwareProduct)).all()) == 2
        assert len(unit.session.scalars(select(SoftwareInstallation)).all()) == 4


def test_every_asset_of_a_category_gets_its_own_tag(work):
    with work() as unit:
        organization_id = AssetFactory().organization_id
        new = NewAsset(organization_id=organization_id, name="x", kind=AssetKind.SERVER)
        tags = [register_asset(HOUSE, new, now=NOON).tag for _ in range(3)]
        assert tags == ["SER-00001", "SER-00002", "SER-00003"]
        assert unit.session.scalar(select(Asset.tag).where(Asset.tag == "SER-00002")) == "SER-00002"
