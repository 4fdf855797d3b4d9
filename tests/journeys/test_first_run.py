"""A stranger's first minutes: the code on the console makes the administrator, and then there is no such page."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.journeys.conftest import Enter
from tests.journeys.product import Product

CODE = re.compile(r"enter the code\s+(\S+)")
PASSWORD = "four ordinary words here"


def test_the_code_of_the_console_makes_the_administrator(empty_house: Product, somebody: Enter) -> None:
    founder = somebody(empty_house)
    page = founder.open("/")
    expect(page.get_by_role("heading", name="Welcome")).to_be_visible()
    found = CODE.search(empty_house.printed)
    assert found is not None, empty_house.printed
    page.get_by_label("Code from the console").fill("AAAA-BBBB-CCCC-DDDD")
    page.get_by_label("Name of your company").fill("Fernhill Foods")
    page.get_by_label("Your name").fill("Ada Fernhill")
    page.get_by_label("Your mail address").fill("ada@fernhill.example")
    page.get_by_label("A password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create the administrator").click()
    expect(page.locator("[name=code]")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Name of your company")).to_have_value("Fernhill Foods")
    page.get_by_label("Code from the console").fill(found[1])
    page.get_by_label("A password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create the administrator").click()
    page.wait_for_url(re.compile("/tickets"))
    expect(page.get_by_role("link", name="Discovery").first).to_be_visible()
    gone = page.goto(empty_house.address + "/first-run")
    assert gone is not None
    assert gone.status == 404
    stranger = somebody(empty_house)
    stranger.open("/")
    expect(stranger.page.get_by_role("heading", name="Sign in")).to_be_visible()
    stranger.sign_in("ada@fernhill.example", PASSWORD)
    stranger.page.wait_for_url(re.compile("/tickets"))
