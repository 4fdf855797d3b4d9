"""Every page, as everybody who may open it: nothing for axe to find, nothing to scroll sideways, no sign missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page, ViewportSize

from itsm.app import create_app
from itsm.infra.settings import load
from tests.journeys.conftest import WIDE, Enter
from tests.journeys.people import Somebody

AXE: Final = (Path(__file__).resolve().parents[1] / "vendor" / "axe.min.js").read_text(encoding="utf-8")
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PHONE: Final[ViewportSize] = {"width": 360, "height": 740}
PEOPLE: Final = {"ines": "administrator", "priya": "technician", "amelie": "employee"}
NO_PAGE: Final = ("/static", "/healthz", "/readyz", "/metrics", "/export", "/lookup", "/pick", "/search/", "/first-run")
EXAMPLES: Final = (
    "/tickets/1003",
    "/tickets/1003/history",
    "/tickets/1003/assignment",
    "/tickets/1003/facts",
    "/tickets/1003/priority",
    "/assets/1",
    "/assets/1/hardware",
    "/assets/1/network",
    "/assets/1/software",
    "/assets/1/custody",
    "/assets/1/history",
    "/assets/1/edit",
    "/assets/1/handover",
    "/discovery/networks/1",
    "/discovery/networks/1/plan",
    "/discovery/credentials/1",
    "/discovery/sweeps/1",
    "/discovery/sightings/1",
    "/requests/1005",
    "/nowhere",
)
"""Pages with something in their address; who may not see one gets the page that says so, which is looked at as well."""
OVERFLOW: Final = "document.documentElement.scrollWidth - innerWidth"
UNKNOWN_SIGNS: Final = """async () => {
    const uses = [...document.querySelectorAll('use')].map(one => one.getAttribute('href'));
    const files = [...new Set(uses.map(href => href.split('#')[0]))];
    const known = new Set();
    for (const file of files) {
        const text = await (await fetch(file)).text();
        [...text.matchAll(/<symbol[^>]*id="([^"]+)"/g)].forEach(found => known.add(found[1]));
    }
    return [...new Set(uses.map(href => href.split('#')[1]).filter(name => !known.has(name)))];
}"""


def pages(folder: Path) -> list[str]:
    """Return the address of every page that needs no argument, and of examples of those that do."""
    app = create_app(load(data_dir=folder, secret_key="tests only", demo=True))
    plain = [rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments]
    return sorted({rule for rule in plain if not any(part in rule for part in NO_PAGE)}) + list(EXAMPLES)


def look(page: Page) -> dict[str, Any]:
    """Return the faults of what the page shows now."""
    page.evaluate(AXE)
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    faults = {fault["id"]: [node["target"] for node in fault["nodes"]] for fault in found["violations"]}
    if (over := page.evaluate(OVERFLOW)) > 0:
        faults["scrolls sideways"] = over
    if unknown := page.evaluate(UNKNOWN_SIGNS):
        faults["unknown signs"] = unknown
    return faults


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("name", PEOPLE)
def test_every_page_is_accessible_and_whole(name: str, enter: Enter, tmp_path: Path) -> None:
    person: Somebody = enter(name)
    faults: dict[str, Any] = {}
    seen = 0
    for path in pages(tmp_path):
        answer = person.page.goto(person.address + path, wait_until="load")
        assert answer is not None
        if answer.status >= 500:
            faults[path] = answer.status
            continue
        seen += answer.status == 200
        for viewport in (WIDE, PHONE):
            person.page.set_viewport_size(viewport)
            for theme in ("light", "dark"):
                person.page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
                if found := look(person.page):
                    faults[f"{path} {viewport['width']} {theme}"] = found
    assert faults == {}
    assert seen >= {"administrator": 30, "technician": 25, "employee": 6}[PEOPLE[name]]
