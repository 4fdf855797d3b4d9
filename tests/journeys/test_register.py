"""The register kept right: a disagreement is decided, two records become one and two again, and one is split."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from itsm.accounts.models import Person
from itsm.app import create_app
from itsm.assets.enums import AssetKind, AssetStatus
from itsm.assets.models import Asset
from itsm.assets.services.editing import change_status, edit
from itsm.assets.services.registration import NewAsset, register_asset
from itsm.discovery.models import Network
from itsm.infra.db import db
from itsm.infra.settings import load
from itsm.infra.unit import transaction
from itsm.kernel.actor import Actor, Role
from itsm.org.models import Organization
from tests.discovery.services.test_intake import report, take
from tests.discovery.services.test_stacks import stack
from tests.journeys.conftest import Enter
from tests.journeys.product import Product
from tests.journeys.test_first_run import CODE, PASSWORD

MACS = ("3c:52:82:00:00:01", "3c:52:82:00:00:02")


def seed(app: Flask) -> None:
    """Let a sweep have seen a few things: a bought switch with another model, one without serial, a clone, a stack."""
    with app.app_context(), transaction(Actor.house()) as unit:
        home = unit.session.scalars(select(Organization.id)).first()
        network = Network(organization_id=home, name="Office", ranges=["10.0.0.0/24"])
        unit.session.add(network)
        unit.session.flush()
        person_id = unit.session.scalars(select(Person.id)).first()
        mine = {"roles": frozenset({Role.ASSET_MANAGER}), "organization_ids": frozenset({home})}
        buyer = replace(Actor(), name="Ada Fernhill", person_id=person_id, **mine)
        new = {"organization_id": home, "kind": AssetKind.SWITCH, "status": AssetStatus.IN_USE}
        facts = {"supplier": "Bechtle", "order_number": "4711"}
        register_asset(buyer, NewAsset(**new, name="Lobby switch", facts=facts), now=unit.now)
        known = register_asset(buyer, NewAsset(**new, name="Attic switch", serial="FOC0000A0AA"), now=unit.now)
        unit.session.flush()
        take(network, report(address="10.0.0.7", serial="FOC0000A0AA", name="sw-attic", macs=()), at=unit.now)
        edit(buyer, known, {"serial": "FOC0000B0BB"}, version=known.version, now=unit.now)
        changed = report(address="10.0.0.7", serial="FOC0000A0AA", name="sw-attic2", macs=())
        take(network, changed, at=unit.now + timedelta(seconds=1))
        take(network, report(address="10.0.0.1", serial=None, name="sw-lobby", macs=MACS), at=unit.now)
        take(network, report(address="10.0.0.20", serial="FOC1234X0AB", name="sw-one", macs=(MACS[0][:-1] + "7",)))
        take(network, report(address="10.0.0.21", serial="FOC1234X0AB", name="sw-two", macs=(MACS[0][:-1] + "8",)))
        take(network, replace(stack("FOC2714X0K2", "FOC2714X0PD", "FOC2714X0QG"), address="10.0.0.30"), at=unit.now)
        old = report(address="10.0.0.40", serial="FOC5555X0AB", name="sw-old", macs=())
        take(network, old, at=unit.now)
        retired = unit.session.scalars(select(Asset).where(Asset.serial == "FOC5555X0AB")).one()
        change_status(buyer, retired, AssetStatus.RETIRED, now=unit.now)
        unit.session.flush()
        take(network, old, at=unit.now + timedelta(minutes=1))
    with app.app_context():
        db.engine.dispose()


def found(house: Product) -> str:
    """Return the code that the console printed."""
    printed = CODE.search(house.printed)
    assert printed is not None
    return printed[1]


def settle(page: Page) -> None:
    """Decide the one disagreement, by accepting what was seen."""
    line = page.locator(".worklist-item").filter(has_text="FOC0000B0BB")
    expect(line).to_contain_text("FOC0000A0AA")
    line.get_by_role("button", name="Accept observed").click()
    expect(page.locator(".toasts")).to_contain_text("FOC0000A0AA")
    expect(page.locator(".worklist-item").filter(has_text="FOC0000B0BB")).to_have_count(0)


def test_the_register_is_kept_right(empty_house: Product, somebody: Enter) -> None:
    founder = somebody(empty_house)
    page = founder.open("/")
    page.get_by_label("Code from the console").fill(found(empty_house))
    page.get_by_label("Name of your company").fill("Fernhill Foods")
    page.get_by_label("Your name").fill("Ada Fernhill")
    page.get_by_label("Your mail address").fill("ada@fernhill.example")
    page.get_by_label("A password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create the administrator").click()
    page.wait_for_url(re.compile("/tickets"))
    seed(create_app(load(data_dir=empty_house.folder)))

    settle(founder.open("/assets/disagreements"))

    founder.open("/assets?q=lobby")
    page.get_by_role("link", name="Lobby switch").click()
    kept = page.url
    page.locator("summary", has_text="More").click()
    page.get_by_role("link", name="Merge with another record").click()
    page.goto(f"{page.url}?with={founder_id(page, empty_house, 'sw-lobby')}")
    expect(page.get_by_role("table", name="Both records")).to_contain_text("sw-lobby")
    page.get_by_label("Why").fill("the same box")
    page.get_by_role("button", name=re.compile("^Merge into ")).click()
    page.wait_for_url(kept)
    expect(page.locator("main")).to_contain_text("Also recorded as")
    expect(founder.open("/assets?q=sw-lobby").locator("[data-row]")).to_have_count(1)
    expect(page.locator("[data-row]")).to_contain_text("Lobby switch")
    page.goto(kept + "/network")
    expect(page.locator("main")).to_contain_text(MACS[1])
    page.goto(kept)
    page.get_by_role("button", name="Take the merge back").click()
    expect(page.locator(".toasts")).to_contain_text("is an asset of its own again")
    expect(founder.open("/assets?q=sw-lobby").locator("[data-row]")).to_contain_text("sw-lobby")

    founder.open("/assets?q=FOC1234X0AB")
    page.locator("[data-row] a[data-open]").first.click()
    joined = page.url
    page.get_by_role("link", name="Sightings").click()
    page.get_by_label("What answers at 10.0.0.20 is something else").check()
    page.locator("summary", has_text="Something here is another device").click()
    page.get_by_role("button", name="Split it off").click()
    expect(page.locator(".toasts")).to_contain_text("two assets now")
    expect(page.locator("[data-row]")).to_have_count(1)
    page.goto(joined + "/history")
    expect(page.locator("main")).to_contain_text("10.0.0.20")
    expect(founder.open("/assets?q=FOC1234X0AB").locator("[data-row]")).to_have_count(2)

    expect(founder.open("/assets/resurfaced").locator(".worklist-item")).to_contain_text("sw-old")
    page.get_by_label("What it was").fill("booted for its data")
    page.get_by_role("button", name="Write it down").click()
    expect(page.locator("main")).to_contain_text("What ended stayed silent")


def founder_id(page: Page, house: Product, name: str) -> str:
    """Return the id of an asset by what the picker finds."""
    rows = page.request.get(f"{house.address}/assets/pick?q={name}").json()
    return str(next(row["value"] for row in rows if row["label"] == name))
