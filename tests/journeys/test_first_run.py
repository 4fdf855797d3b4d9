"""A stranger's first minutes: the code on the console makes the administrator, and then there is no such page."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.journeys import product
from tests.journeys.conftest import Enter

CODE = re.compile(r"enter the code\s+(\S+)")
PASSWORD = "four ordinary words here"


def test_the_code_of_the_console_makes_the_administrator(somebody: Enter, tmp_path: Path) -> None:
    with product.empty(tmp_path) as house:
        founder = somebody(house)
        page = founder.open("/")
        expect(page.get_by_role("heading", name="Welcome")).to_be_visible()
        found = CODE.search(house.printed)
        assert found is not None, house.printed
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
        gone = page.goto(house.address + "/first-run")
        assert gone is not None
        assert gone.status == 404
        stranger = somebody(house)
        stranger.open("/")
        expect(stranger.page.get_by_role("heading", name="Sign in")).to_be_visible()
        stranger.sign_in("ada@fernhill.example", PASSWORD)
        stranger.page.wait_for_url(re.compile("/tickets"))
