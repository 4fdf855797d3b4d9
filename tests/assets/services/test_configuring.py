"""Duplicates become one, and a sequence never goes back."""

import pytest
from sqlalchemy import select

from itsm.assets.enums import AssetKind
from itsm.assets.models import Asset, Category, Manufacturer, Model
from itsm.assets.services import configuring
from itsm.kernel.errors import Conflict, Invalid
from tests.application import only


def test_merging_makers_makes_their_common_models_one_and_takes_the_assets_along(work, manager, enter):
    with work(manager) as unit:
        enter(manager, "a", maker="HP", model="Z4 G5")
        enter(manager, "b", maker="Hewlett-Packard", model="Z4 G5")
        enter(manager, "c", maker="Hewlett-Packard", model="EliteDesk 800")
        ids = dict(unit.session.execute(select(Manufacturer.name, Manufacturer.id)).all())
        assert configuring.merge_manufacturers(manager, ids["Hewlett-Packard"], ids["HP"]) == 2
        unit.session.flush()
        assert unit.session.scalars(select(Manufacturer.name)).all() == ["HP"]
        assert sorted(unit.session.scalars(select(Model.name))) == ["EliteDesk 800", "Z4 G5"]
        used = select(Asset.name, Model.name).join(Model, Model.id == Asset.model_id).order_by(Asset.name)
        assert [tuple(row) for row in unit.session.execute(used)] == [
            ("a", "Z4 G5"),
            ("b", "Z4 G5"),
            ("c", "EliteDesk 800"),
        ]
        with pytest.raises(Invalid):
            configuring.merge_manufacturers(manager, ids["HP"], ids["HP"])


def test_a_category_is_changed_at_its_version_and_its_numbers_only_rise(work, manager, enter):
    with work(manager) as unit:
        enter(manager)
        category = only(unit.session.scalars(select(Category)))
        unit.session.refresh(category)
        values = {"name": "Notebooks", "kind": AssetKind.LAPTOP, "tag_prefix": "NB-", "tag_digits": 3}
        with pytest.raises(Conflict):
            configuring.edit_category(manager, category.id, {**values, "next_number": 5}, version=99)
        with pytest.raises(Invalid) as refused:
            same = {**values, "tag_prefix": "LAP-", "tag_digits": 5, "next_number": 1}
            configuring.edit_category(manager, category.id, same, version=category.version)
        assert list(refused.value.errors) == ["next_number"]
        configuring.edit_category(manager, category.id, {**values, "next_number": 7}, version=category.version)
        unit.session.flush()
        assert enter(manager, "next").tag == "NB-007"
