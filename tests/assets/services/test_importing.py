"""A table is planned row by row, and carried out as one action."""

import io
from datetime import date

import pytest
from sqlalchemy import select

from itsm.assets.enums import AssetKind, AssetStatus
from itsm.assets.models import Asset, Manufacturer, Model
from itsm.assets.services import importing
from itsm.fields.enums import FieldType
from itsm.fields.services import FieldDefinition, define
from itsm.infra import csvio
from itsm.kernel.errors import Invalid
from tests.application import NOON, only
from tests.factories.accounts import PersonFactory
from tests.factories.org import LocationFactory

WORDS = importing.Words(kinds={"laptop": "laptop"}, statuses={"in stock": "in_stock"})


def planned(unit, manager, text):
    rows = csvio.read(io.BytesIO(text.encode()))
    return importing.plan(manager, unit.session, only(manager.organization_ids), rows, WORDS)


def test_new_changed_same_and_wrong_rows_are_told_apart_and_only_the_good_ones_done(work, manager, enter):
    with work(manager) as unit:
        here = only(manager.organization_ids)
        enter(manager, "lap-1", serial="S1")
        enter(manager, "lap-2", serial="S2")
        LocationFactory(organization=None, organization_id=here, name="Leeds")
        ben = PersonFactory(organization=None, organization_id=here, name="Ben Okafor", email="ben@example.org")
        define("asset", here, FieldDefinition(name="Insurance", type=FieldType.NUMBER))
        table = (
            "Tag;Name;Kind;Status;Manufacturer;Model;Serial number;Custodian;Location;Price;Purchased;Insurance;Moon\n"
            "LAP-00001;lap-1b;;;;;S1;;;;;;\n"
            "LAP-00002;lap-2;;;;;S2;;;;;;\n"
            ";new-1;Laptop;in use;Dell;Latitude;N1;ben@example.org;leeds;1299,50;23.11.2026;42;full\n"
            ";;laptop;;;;;;;;;;\n"
            ";bad;spaceship;;;;;nobody;;lots;tomorrow;;\n"
        )
        plan = planned(unit, manager, table)
        assert [line.action for line in plan.lines] == ["change", "same", "new", "wrong", "wrong"]
        assert (plan.lines[0].changes, plan.unknown) == (["name"], ["Moon"])
        assert len(plan.lines[4].errors) == 4
        assert importing.carry_out(manager, plan, now=NOON) == {"new": 1, "changed": 1}
        unit.session.flush()
        names = dict(unit.session.execute(select(Asset.tag, Asset.name)).all())
        assert names == {"LAP-00001": "lap-1b", "LAP-00002": "lap-2", "LAP-00003": "new-1"}
        new = unit.session.scalars(select(Asset).where(Asset.name == "new-1")).one()
        assert (new.kind, new.status, new.custodian_id) == (AssetKind.LAPTOP, AssetStatus.IN_USE, ben.id)
        assert (new.price_minor, new.currency, new.purchased_on) == (129950, "EUR", date(2026, 11, 23))
        assert new.custom == {"insurance": 42}
        maker = select(Manufacturer.name).join(Model).where(Model.id == new.model_id)
        assert unit.session.scalar(maker) == "Dell"
        assert [line.action for line in planned(unit, manager, table).lines[:2]] == ["same", "same"]


def test_tables_without_a_name_or_with_too_many_rows_are_refused(work, manager):
    with work(manager) as unit:
        with pytest.raises(Invalid, match="marked fields"):
            planned(unit, manager, "Colour\nred\n")
        rows = "".join(f"asset {n}\n" for n in range(importing.MOST_ROWS + 1))
        with pytest.raises(Invalid) as refused:
            planned(unit, manager, "Name\n" + rows)
        assert list(refused.value.errors) == ["file"]


def test_a_tag_that_comes_twice_is_wrong_the_second_time(work, manager):
    with work(manager) as unit:
        plan = planned(unit, manager, "Tag,Name\nA-1,one\nA-1,two\n")
        assert [line.action for line in plan.lines] == ["new", "wrong"]
