"""A first sweep of the simulated network, watched while it works."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Enter

SWEEP = re.compile(r"/discovery/sweeps/\d+$")
ENDED = re.compile("took .* s")
NUMBERS = "[...document.querySelectorAll('#sweep_live .stat-value')].map(one => parseInt(one.textContent) || 0)"


def start(page: Page) -> None:
    """Start a sweep from the overview; its network is chosen already where it is the only one."""
    page.get_by_role("checkbox", name="Sweep Harrow Street").check()
    page.get_by_role("button", name="Sweep the chosen networks").click()
    page.wait_for_url(SWEEP)


def test_a_sweep_is_watched_cancelled_and_finished(enter: Enter) -> None:
    ines = enter("ines")
    page = ines.open("/discovery")
    start(page)
    page.wait_for_function(f"() => {NUMBERS}.some(number => number > 0)", timeout=120_000)
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#sweep_live")).to_contain_text(re.compile("cancelled", re.IGNORECASE))

    start(ines.open("/discovery"))
    page.evaluate("window.never_reloaded = true")
    before = sum(page.evaluate(NUMBERS))
    page.wait_for_function(f"before => {NUMBERS}.reduce((a, b) => a + b, 0) > before", arg=before, timeout=120_000)
    expect(page.locator("#sweep_live")).to_contain_text(ENDED, timeout=240_000)
    assert page.evaluate("window.never_reloaded") is True

    bought = page.get_by_role("row").filter(has_text="lt-amelie")
    expect(bought).to_contain_text("PF4KX1ML")
    expect(bought).to_contain_text("LAP-00001")
    bought.get_by_role("cell").last.get_by_role("link").click()
    page.wait_for_url(re.compile(r"/discovery/sightings/\d+"))
    expect(page.locator("main")).to_contain_text("PF4KX1ML")
    expect(page.locator("main")).to_contain_text("serial")

    start(ines.open("/discovery"))
    expect(page.locator("#sweep_live")).to_contain_text(ENDED, timeout=240_000)
    new, changed, same, vanished = page.evaluate(NUMBERS)[:4]
    # Some of the simulated devices say something else every time they are asked; none of them is another device.
    assert (new, vanished) == (0, 0)
    assert same + changed > 30
    expect(ines.open("/assets?q=PF4KX1ML").locator("[data-row]")).to_have_count(1)
    expect(page.locator("[data-row]")).to_contain_text("LAP-00001")
