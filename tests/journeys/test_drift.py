"""A drift ticket that opens and closes itself: a printer of the simulated fleet runs low and gets a new cartridge."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Page, expect

from itsm.demo.fleet.control import tell
from tests.journeys.conftest import Enter
from tests.journeys.people import Somebody
from tests.journeys.product import Product

PRINTER = "prn-mono"
SWEEP = re.compile(r"/discovery/sweeps/\d+$")
ENDED = re.compile("took .* s")


def copy_corner(page: Page, ready: dict[str, str], address: str) -> None:
    """Enter a network of one address, with the credentials that the demonstration has."""
    page.get_by_label("Name").fill("Copy corner")
    page.get_by_label("Ranges").fill(address)
    for box in page.get_by_role("group", name="Credentials").get_by_role("checkbox").all():
        box.check()
    page.get_by_label("SNMP port").fill(str(ready["port"]))
    page.get_by_label("SSH port").fill(str(ready["ssh_port"]))
    page.get_by_role("checkbox", name="Sweep this network").check()
    page.get_by_role("button", name="Add the network").click()


def sweep(page: Page) -> None:
    """Sweep the copy corner and wait for its end."""
    for box in page.get_by_role("checkbox", name=re.compile("^Sweep ")).all():
        box.uncheck()
    page.get_by_role("checkbox", name="Sweep Copy corner").check()
    page.get_by_role("button", name="Sweep the chosen networks").click()
    page.wait_for_url(SWEEP)
    expect(page.locator("#sweep_live")).to_contain_text(ENDED, timeout=120_000)


def until(person: Somebody, path: str, where: str, text: str) -> Page:
    """Open a page until something stands on it: the look comes after the sweep, on the job engine."""
    for _ in range(90):
        page = person.open(path)
        if text in page.locator(where).inner_text():
            return page
        page.wait_for_timeout(1000)
    raise AssertionError(f"{text!r} never stood on {path}")


def test_a_printer_that_runs_low_has_its_ticket_until_it_is_filled(demo: Product, enter: Enter) -> None:
    ready = json.loads((demo.folder / "fleet-ready.json").read_text("utf-8"))
    fleet = demo.folder / "fleet"
    ines = enter("ines")
    copy_corner(ines.open("/discovery/networks/new"), ready, ready["devices"][PRINTER])
    sweep(ines.open("/discovery"))

    tell(fleet, do="change", name=PRINTER, path="supplies.0.level", value=4)
    sweep(ines.open("/discovery"))
    until(ines, "/insight/drift?state=suspected", "#drift_list", "Black Cartridge HP CF237A")
    sweep(ines.open("/discovery"))

    page = until(ines, "/insight/drift?rule=supplies_low", "#drift_list", PRINTER)
    row = page.get_by_role("row").filter(has_text=PRINTER)
    expect(row).to_contain_text("4 %")
    row.get_by_role("link", name=re.compile(r"^#\d+$")).click()
    page.wait_for_url(re.compile(r"/tickets/\d+$"))
    ticket = page.url.removeprefix(demo.address)
    expect(page.locator("h1")).to_contain_text("Supplies low")
    expect(page.locator("#drift_card")).to_contain_text("Black Cartridge HP CF237A")
    expect(page.locator("main")).to_contain_text("is resolved by itself")

    tell(fleet, do="change", name=PRINTER, path="supplies.0.level", value=100)
    sweep(ines.open("/discovery"))
    sweep(ines.open("/discovery"))
    page = until(ines, ticket, "#ticket_conversation", f"It is gone on {PRINTER}")
    expect(page.locator(".ticket-line")).to_contain_text("Resolved")
    expect(ines.open("/insight/drift?state=ended").locator("#drift_list")).to_contain_text("Gone again")
