"""No tag is given twice, whoever asks at the same moment, and an old one keeps leading to its asset."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select

from itsm.assets.enums import AssetKind
from itsm.assets.models import Asset
from itsm.assets.queries import find_by_tag
from itsm.assets.services import editing
from itsm.assets.services.registration import NewAsset, register_asset
from itsm.infra.db import db
from itsm.infra.unit import transaction
from itsm.kernel.actor import new_request_id
from itsm.kernel.errors import Invalid
from tests.application import NOON, only

THREADS, EACH = 6, 5


def test_six_people_at_once_get_thirty_different_tags(app, work, manager, enter, reading):
    with work(manager):
        enter(manager, "first")

    def enter_some(number):
        with app.app_context():
            for turn in range(EACH):
                with transaction(replace(manager, request_id=new_request_id())):
                    new = NewAsset(
                        organization_id=only(manager.organization_ids), name=f"t{number}-{turn}", kind=AssetKind.LAPTOP
                    )
                    register_asset(manager, new, now=NOON)
            db.session.remove()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(enter_some, range(THREADS)))
    with reading() as session:
        tags = sorted(session.scalars(select(Asset.tag)))
    assert tags == [f"LAP-{number:05d}" for number in range(1, THREADS * EACH + 2)]


def test_a_tag_written_by_hand_is_skipped_by_the_sequence_and_refused_a_second_time(work, manager, enter):
    with work(manager):
        enter(manager, "by hand", tag="LAP-00002")
        assert [enter(manager, name).tag for name in ("a", "b")] == ["LAP-00001", "LAP-00003"]
        with pytest.raises(Invalid) as refused:
            enter(manager, "again", tag="LAP-00002")
        assert list(refused.value.errors) == ["tag"]


def test_an_old_tag_leads_to_its_asset_and_is_not_given_to_another(work, manager, enter):
    with work(manager):
        asset = enter(manager)
        editing.edit(manager, asset, {"tag": "X-1"}, version=asset.version, now=NOON)
        assert [found.id for found in find_by_tag(manager, "lap-00001")] == [asset.id]
        assert [found.id for found in find_by_tag(manager, "X-1")] == [asset.id]
        with pytest.raises(Invalid):
            enter(manager, "thief", tag="LAP-00001")
        editing.edit(manager, asset, {"tag": "LAP-00001"}, version=asset.version, now=NOON)
        assert [found.id for found in find_by_tag(manager, "x-1")] == [asset.id]
