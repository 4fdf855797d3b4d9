"""The network's map after a sweep: drawn, equal to its table, used by mouse and keys; and the way between two devices."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Enter

ENDED = re.compile("took .* s")
ENDED_WELL = re.compile("^finished$")
DRAWN = "() => Number(document.querySelector('#map')?.dataset.drawn || 0) > 0"
NODES = "document.querySelector('#map').graph.nodes().map(one => one.data('name'))"
LINES = "document.querySelector('#map').graph.edges().map(one => one.id()).sort()"
ROWS = "[...document.querySelectorAll('#map-table [data-line]')].map(one => one.dataset.line).sort()"
FOCUSED = "document.querySelector('#map').graph.nodes(':selected').map(one => one.data('name'))"


def swept(page: Page) -> None:
    """Sweep the whole network of the demonstration, unless another journey did; one that swept a corner does not count."""
    if page.locator("tr", has_text="Harrow Street").get_by_text(ENDED_WELL).count():
        return
    page.get_by_label("Sweep Harrow Street").check()
    page.get_by_role("button", name="Sweep the chosen networks").click()
    expect(page.locator("#sweep_live")).to_contain_text(ENDED, timeout=240_000)


def drawn(page: Page) -> list[str]:
    """Wait until the map is drawn and return the names on it."""
    page.wait_for_function(DRAWN)
    assert page.evaluate(LINES) == page.evaluate(ROWS) != []
    return list(page.evaluate(NODES))


def test_the_map_is_drawn_equals_its_table_and_finds_the_way(enter: Enter) -> None:
    ines = enter("ines")
    swept(ines.open("/discovery"))
    page = ines.open("/network/map")
    everybody = drawn(page)
    assert {"core-sw1", "acc-sw1", "acc-sw4", "ap2", "lt-farid"} <= set(everybody)

    page.get_by_label("Find by name or tag").fill("acc-sw4")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url(re.compile("q=acc-sw4"))
    few = drawn(page)
    assert "acc-sw4" in few
    assert len(few) < len(everybody) / 2

    page = ines.open("/network/map")
    drawn(page)
    canvas = page.get_by_role("application", name=re.compile("Network map"))
    canvas.focus()
    canvas.press("ArrowDown")
    first = page.evaluate(FOCUSED)
    canvas.press("ArrowDown")
    assert page.evaluate(FOCUSED) not in ([], first)
    canvas.press("Enter")
    card = page.locator("#map-card")
    expect(card.get_by_role("heading")).to_have_text(page.evaluate(FOCUSED)[0])
    expect(page.locator("#map-table tr.is-picked")).not_to_have_count(0)
    card.get_by_role("link", name="Open the asset").click()
    expect(page.get_by_role("heading", name="Ports")).to_be_visible()

    page = ines.open("/network/path")
    for field, name in (("From", "lt-farid"), ("To", "prn-brother")):
        box = page.get_by_role("combobox", name=field)
        box.click()
        box.type(name, delay=20)
        page.get_by_role("option", name=re.compile(name)).click()
    page.get_by_role("button", name="Find the way").click()
    page.wait_for_url(re.compile("from="))
    expect(page.locator(".way-node")).to_have_text(
        [re.compile(name) for name in ("lt-farid", "ap2", "acc-sw1", "core-sw1", "acc-sw2", "prn-brother")]
    )
    expect(ines.open("/network/strangers").locator("[data-row]").filter(has_text="ph-sales")).to_contain_text("acc-sw1")


def test_the_table_comes_first_on_a_small_screen_and_stands_without_a_script(enter: Enter) -> None:
    small = enter("ines", viewport={"width": 360, "height": 740})
    page = small.open("/network/map")
    drawn(page)
    table, picture = page.locator("#map-table").bounding_box(), page.locator("#map").bounding_box()
    assert table is not None
    assert picture is not None
    assert table["y"] < picture["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    plain = enter("ines", java_script_enabled=False)
    page = plain.open("/network/map")
    expect(page.locator("#map-table [data-line]").first).to_be_visible()
    expect(page.locator("#map")).to_be_hidden()
