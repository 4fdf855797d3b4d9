"""The report form chooses the thing that a report is most likely about."""

import re

from itsm.assets.enums import AssetKind, AssetStatus
from itsm.assets.models import Asset


def give(work, desk, tag, kind):
    with work() as unit:
        facts = {"organization_id": desk.organization_id, "custodian_id": desk.ana.actor.person_id}
        row = Asset(**facts, tag=tag, name=tag, kind=kind, status=AssetStatus.IN_USE)
        unit.session.add(row)
        unit.session.flush()
        return row.id


def chosen(browser):
    page = browser.get("/report").get_data(as_text=True)
    return re.findall(r'name="asset_id" value="(\d*)" checked', page)


def test_the_only_computer_is_chosen_among_other_things(desk, work):
    give(work, desk, "MON-1", AssetKind.MONITOR)
    give(work, desk, "PHO-1", AssetKind.PHONE)
    laptop = give(work, desk, "LAP-1", AssetKind.LAPTOP)
    assert chosen(desk.ana) == [str(laptop)]
    give(work, desk, "WOR-1", AssetKind.WORKSTATION)
    assert chosen(desk.ana) == [""]
