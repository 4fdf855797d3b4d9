"""What stands beside a ticket: what it says, what it costs, and who sees none of it."""

import re
from datetime import timedelta

from sqlalchemy import select

from itsm.assets.enums import AssetKind, RelationshipType
from itsm.assets.models import (
    Address,
    Asset,
    Component,
    CustodyPeriod,
    Manufacturer,
    Model,
    ObservedValue,
    Relationship,
    SoftwareInstallation,
    SoftwareProduct,
)
from itsm.assets.services.editing import edit
from itsm.insight.causes.models import Banner
from itsm.kernel.actor import Role
from itsm.tickets.models import Link, Ticket
from tests.application import NOON
from tests.factories.org import LocationFactory

HOUR = timedelta(hours=1)
PANELS = ("story", "commons", "place", "looks")


def text(browser, path):
    response = browser.get(path)
    assert response.status_code == 200, (path, response.status_code)
    return re.sub(r"\s+", " ", response.get_data(as_text=True))


def panel(browser, number, name, statements=None):
    """Ask for a panel as the ticket's page does; ``statements`` then holds what it took, and only that."""
    if statements is not None:
        browser.get("/inbox")  # the first request after a while notes when the person was here last
        statements.clear()
    response = browser.htmx(f"/tickets/{number}/insight/{name}", f"insight_{name}")
    assert response.status_code == 200, name
    return re.sub(r"\s+", " ", response.get_data(as_text=True))


def plain(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_the_story_tells_what_changed_in_72_hours_and_nothing_of_before(site, work, statements):
    with work() as unit:
        add, asset_id = unit.session.add, site.ids["lap-12"]
        products = [SoftwareProduct(name=name, key=name) for name in ("Firefox", "VPN <script>", "Ancient")]
        unit.session.add_all(products)
        unit.session.flush()
        fox, vpn, old = (product.id for product in products)
        long_ago = NOON - timedelta(days=60)
        soft = [
            (old, "1", long_ago, None),
            (fox, "120", long_ago, NOON - 5 * HOUR),
            (fox, "121", NOON - 5 * HOUR, None),
            (vpn, "9", NOON - 4 * HOUR, None),
            (old, "0", NOON - 200 * HOUR, None),
        ]
        for product, version, first, gone in soft:
            row = SoftwareInstallation(asset_id=asset_id, product_id=product, title="t", version=version)
            row.first_seen_at, row.gone_at = first, gone
            add(row)
        for key, slot, first in (("memory:1", "A1", long_ago), ("memory:2", "A2", NOON - 3 * HOUR)):
            add(Component(asset_id=asset_id, key=key, kind="memory", name="16 GB", slot=slot, first_seen_at=first))
        add(Address(asset_id=asset_id, address="10.0.0.4", first_seen_at=long_ago, gone_at=NOON - 2 * HOUR))
        add(Address(asset_id=asset_id, address="10.0.0.9", first_seen_at=NOON - 2 * HOUR))
        for value, first, ended in (("1.0", long_ago, NOON - HOUR), ("1.1", NOON - HOUR, None)):
            add(
                ObservedValue(
                    asset_id=asset_id, field="firmware", source="snmp", value=value, first_seen_at=first,
                    last_seen_at=NOON, ended_at=ended,
                )
            )  # fmt: skip
        for moment, ended in ((NOON - 90 * HOUR, NOON + HOUR), (NOON - 6 * HOUR, None)):
            add(
                ObservedValue(
                    asset_id=asset_id, field="configuration_changed", source="snmp", value=moment.isoformat(),
                    rule="ccmHistoryRunningLastChanged", first_seen_at=NOON + HOUR, last_seen_at=NOON, ended_at=ended,
                )
            )  # fmt: skip
        link = unit.session.scalars(select(Relationship).where(Relationship.from_id == asset_id)).one()
        link.created_at, link.ended_at = long_ago, NOON - HOUR
        moved = site.cable("lap-12", "sw-1", "Gi0/99")
        moved.created_at = NOON - HOUR
        for person, start, end in ((site.desk.bo, long_ago, NOON - HOUR), (site.desk.ana, NOON - HOUR, None)):
            held = CustodyPeriod(asset_id=asset_id, person_id=person.actor.person_id, started_at=start, ended_at=end)
            add(held)
    number = site.ticket("lap-12")
    page = panel(site.desk.tina, number, "story", statements)
    assert len(statements) <= 6, statements
    said = plain(page)
    for words in (
        "Updated Firefox 120 → 121",
        "Installed VPN &lt;script&gt; 9",
        "Memory 16 GB A2",
        "Address 10.0.0.4 → 10.0.0.9",
        "Firmware 1.0 → 1.1",
        "Moved sw-2 Gi0/12 → sw-1 Gi0/99",
        "Holder Bo Lind → Ana Horvat",
    ):
        assert words in said, words
    assert said.count("Configuration changed") == 1 and "ccmHistoryRunningLastChanged" in said
    assert "Ancient" not in page and "A1" not in said
    assert "no sweep looked for it since" in said


def test_an_edit_by_a_person_is_told_with_his_name(site, work):
    with work(site.desk.tina.actor) as unit:
        asset = unit.session.get_one(Asset, site.ids["lap-12"])
        edit(site.desk.tina.actor, asset, {"name": "lap-twelve"}, version=asset.version, now=unit.now)
    said = plain(text(site.desk.tina, f"/tickets/{site.ticket('lap-12')}/insight/story"))
    assert "Edited name lap-12 → lap-twelve" in said and "Tina Okafor" in said


def test_what_tickets_share_is_weighed_against_the_register(site, work, statements):
    with work() as unit:
        maker = Manufacturer(name="Acme", key="acme")
        unit.session.add(maker)
        unit.session.flush()
        model = Model(manufacturer_id=maker.id, name="Book 9", key="book9", kind=AssetKind.LAPTOP)
        product = SoftwareProduct(name="Agent", key="agent")
        unit.session.add_all([model, product])
        unit.session.flush()
        place = LocationFactory(organization=None, organization_id=site.desk.organization_id, path="Leeds / Main").id
        for name, asset_id in site.ids.items():
            asset = unit.session.get_one(Asset, asset_id)
            asset.location_id = place
            if name.startswith("lap-"):
                asset.model_id = model.id
        for n in (12, 13, 14, 15):
            row = SoftwareInstallation(asset_id=site.ids[f"lap-{n}"], product_id=product.id, title="t", version="3.1")
            row.first_seen_at = NOON - HOUR
            unit.session.add(row)
    numbers = [site.ticket(f"lap-{n}") for n in (12, 13, 14, 15, 1)]
    page = panel(site.desk.tina, numbers[0], "commons", statements)
    assert len(statements) <= 6, statements
    said = plain(page)
    assert "4 of 5 tickets of the last 24 h are about devices with Agent 3.1" in said
    assert "4 of 5 tickets of the last 24 h hang on sw-2" in said
    assert "6 of 18 devices have it, 2.4 times as common here" in said
    assert "4 of 18 devices have it, 3.6 times as common here" in said
    assert "Shared, and common anyway" in said
    tail = said[said.index("Shared, and common anyway") :]
    assert "5 of 5 tickets of the last 24 h come from Leeds / Main" in tail
    assert "devices with Book 9" in tail and "devices with Linux 6.1" in tail


def test_an_incident_is_made_of_what_is_shared_now_and_not_of_what_a_form_says(site, work, reading):
    numbers = [site.ticket(f"lap-{n}") for n in (12, 13, 14)]
    path = f"/tickets/{numbers[0]}/incident"
    assert site.desk.tina.post(path, data={"key": "switch:999"}).status_code == 409
    assert site.desk.ana.post(path, data={"key": "x"}).status_code == 403
    assert site.desk.stranger.post(path, data={"key": "x"}).status_code == 404
    done = site.desk.tina.post(path, data={"key": f"switch:{site.ids['sw-2']}"})
    assert done.status_code == 303
    with reading() as session:
        parent = session.scalars(select(Ticket).order_by(Ticket.id.desc()).limit(1)).one()
        assert parent.title == "Several reports: sw-2"
        assert len(session.scalars(select(Link).where(Link.from_id == parent.id)).all()) == 3
    page = text(site.desk.tina, f"/tickets/{site.ticket('lap-15')}/insight/commons")
    assert f"Add them to #{parent.number}" in page


def test_a_technician_of_another_company_and_an_employee_see_nothing_and_no_number(site, sign_in):
    number, *_rest = [site.ticket(f"lap-{n}") for n in (12, 13, 14)]
    for name in PANELS:
        path = f"/tickets/{number}/insight/{name}"
        assert site.desk.stranger.get(path).status_code == 404
        assert site.desk.ana.get(path).status_code == 403
        assert site.desk.auditor.get(path).status_code == 200
    assert "Make one incident" not in text(site.desk.auditor, f"/tickets/{number}/insight/commons")


def test_a_device_of_another_company_is_not_told_of(site, work, sign_in):
    """A technician who only follows a foreign ticket reads the ticket, and nothing of its device."""
    number = site.ticket("lap-12")
    with work() as unit:
        ticket = unit.session.scalars(select(Ticket).where(Ticket.number == number)).one()
        ticket.requester_id = site.desk.stranger.actor.person_id
    assert site.desk.stranger.get(f"/tickets/{number}/insight/story").status_code == 403


def test_the_ticket_page_and_the_queue_only_gain_places(site, statements):
    number = site.ticket("lap-12")
    page = text(site.desk.tina, f"/tickets/{number}")
    for name in PANELS:
        assert f'hx-get="/tickets/{number}/insight/{name}"' in page
    assert 'hx-get="/insight/strip"' in text(site.desk.tina, "/tickets")
    assert not any("insight_" in statement for statement in statements)
    assert "insight" not in text(site.desk.ana, f"/requests/{number}")


def test_every_panel_costs_six_statements_at_most(site, statements):
    numbers = [site.ticket(f"lap-{n}") for n in range(18)]
    for name in PANELS:
        assert "<html" not in panel(site.desk.tina, numbers[13], name, statements)
        assert len(statements) <= 6, (name, statements)
    for path in ("/insight", "/insight/strip"):
        statements.clear()
        text(site.desk.tina, path)
        assert len(statements) <= 6, path


def test_the_card_says_whom_it_affects_and_the_tab_what_fails(site, work, statements):
    with work() as unit:
        for name, kind in (("vm-1", AssetKind.VIRTUAL_MACHINE), ("db-1", AssetKind.SERVER), ("db-2", AssetKind.SERVER)):
            site.asset(name, kind)
        site.cable("db-1", "sw-2")
        site.cable("db-2", "sw-1")
        for name in ("db-1", "db-2"):
            row = Relationship(from_id=site.ids["vm-1"], to_id=site.ids[name], type=RelationshipType.DEPENDS_ON)
            row.redundancy_group, row.needed = "db", 1
            unit.session.add(row)
    number = site.ticket("sw-2", by=site.desk.tina)
    said = plain(panel(site.desk.tina, number, "place", statements))
    assert len(statements) <= 6, statements
    assert "affects 2 people" in said and "7 devices fail too" in said and "1 goes on with less" in said
    said = plain(text(site.desk.tina, f"/assets/{site.ids['sw-2']}/impact"))
    assert "lap-12" in said and "Ana Horvat" in said and "1 of 2 left, 1 needed" in said
    assert "lap-1 " not in said
    needs = plain(text(site.desk.tina, f"/assets/{site.ids['vm-1']}/impact"))
    assert "1 of 2 of “db” needed" in needs and "r1" in needs
    assert site.desk.stranger.get(f"/assets/{site.ids['sw-2']}/impact").status_code == 404


def test_a_banner_is_for_its_site_only_and_two_who_change_it_see_each_other(site, work, reading, sign_in, clock):
    with work():
        here = LocationFactory(organization=None, organization_id=site.desk.organization_id, path="Leeds").id
        room = LocationFactory(organization=None, organization_id=site.desk.organization_id, path="Leeds / 2.14").id
        away = LocationFactory(organization=None, organization_id=site.desk.organization_id, path="Leeds North").id
    at_room, at_away = (sign_in(organization_of=site.desk.organization_id, location_id=place) for place in (room, away))
    number = site.ticket("lap-12")
    path = f"/tickets/{number}/banner"
    start = {"message": "Wifi is down", "scope": "site", "location_id": "", "hours": "4"}
    assert site.desk.tina.post(path, data=start).status_code == 422
    assert site.desk.tina.post(path, data={**start, "scope": "all"}).status_code == 403
    assert site.desk.ana.post(path, data=start).status_code == 403
    assert site.desk.stranger.post(path, data={**start, "scope": "organization"}).status_code == 404
    assert site.desk.tina.post(path, data={**start, "location_id": here}).status_code == 303
    assert site.desk.tina.post(path, data={**start, "location_id": here}).status_code == 409
    assert "Wifi is down" in text(at_room, "/") and "Wifi is down" not in text(at_away, "/")
    assert "Wifi is down" not in text(site.desk.ana, "/")
    with reading() as session:
        banner_id = session.scalars(select(Banner.id)).one()
    assert at_away.post(f"/known/{banner_id}/joining").status_code == 404
    changed = {"message": "Wifi is slow", "scope": "organization", "hours": "", "version": "1"}
    assert site.desk.tina.post(path, data=changed).status_code == 303
    late = site.desk.theo.post(path, data={**changed, "message": "Wifi is back"})
    assert late.status_code == 409
    assert "Wifi is slow" in late.get_data(as_text=True) and "Wifi is back" in late.get_data(as_text=True)
    assert "Wifi is slow" in text(site.desk.ana, "/")
    assert "Wifi is slow" in text(site.desk.tina, "/insight")
    clock.advance(5 * HOUR)
    assert "Wifi is slow" not in text(site.desk.ana, "/")
    clock.advance(-5 * HOUR)
    assert site.desk.tina.post(f"{path}/end").status_code == 303
    assert "Wifi is slow" not in text(site.desk.ana, "/")
    assert site.desk.tina.post(f"{path}/end").status_code == 404


def test_an_administrator_may_tell_every_organization(site, sign_in):
    admin = sign_in(Role.ADMINISTRATOR)
    number = site.ticket("lap-12")
    sent = {"message": "Mail is down", "scope": "all", "hours": "1"}
    assert admin.post(f"/tickets/{number}/banner", data=sent).status_code == 303
    other = sign_in(organization_of=site.desk.other_organization_id)
    assert "Mail is down" in text(other, "/")
