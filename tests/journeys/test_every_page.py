"""Every page, as everybody who may open it: nothing for axe to find, nothing to scroll sideways, no sign missing.

Nobody lists the pages: those without an argument come from the URL map, the others are found by following links, and
a page that nobody reached fails the run.
"""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import CDPSession, Page, expect
from sqlalchemy import select
from werkzeug.exceptions import HTTPException

from itsm.app import create_app
from itsm.assets.enums import AssetKind
from itsm.assets.models import Asset
from itsm.discovery.enums import ProbeDoor
from itsm.discovery.models import Network, Probe, Schedule
from itsm.infra.db import db
from itsm.infra.settings import load
from itsm.infra.unit import transaction
from itsm.insight.drift.enums import DriftState, RuleKey
from itsm.insight.drift.models import Drift
from itsm.insight.drift.services.rules import ensure_rules
from itsm.kernel.actor import Actor
from tests.journeys.conftest import Enter
from tests.journeys.people import Somebody
from tests.journeys.product import Product

AXE: Final = (Path(__file__).resolve().parents[1] / "vendor" / "axe.min.js").read_text(encoding="utf-8")
TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SCREENS: Final = ((1280, False), (360, True))
"""Width, and whether it is touched."""
PEOPLE: Final = {"nobody": 2, "ines": 60, "tomas": 45, "henrik": 30, "amelie": 8}
"""Who looks (a stranger, the administrator, a technician, the auditor, an employee), and the least each of them sees.

What one of them has looked at is not looked at again as another one to whom it shows nothing else.
"""
NO_PAGE: Final = frozenset(
    {
        "static",
        "search_palette",
        "health.healthz",
        "health.readyz",
        "accounts.pick",
        "assets.pick_assets",
        "assets.pick_people",
        "tickets.lookup_assets",
        "tickets.lookup_people",
        "tickets.lookup_tickets",
        "assets.qr",
        "attachments.download",
        "attachments.picture",
        "portal.any_ticket",
        "accounts.first_run_page",
        "accounts.choose_password",
        "assets.preview_import",
        "discovery.download_order",
    }
)
"""What answers no page, only leads on, or needs a code of its own."""
ALSO: Final = (
    "/nowhere",
    "/tickets?q=nothing+of+this+kind",
    "/tickets?state=all&by=turn",
    "/assets?q=nothing+of+this+kind",
    "/assets?q=core-sw1",
    "/tickets/1003/facts",
    "/tickets/1003/assignment",
    "/assets/import",
    "/a/LAP-00001",
)
"""Pages worth a look of their own beside the first of their kind."""
LINK: Final = re.compile(r"""<a\s[^>]*?href="(/[^"#]*)""")
SHAPE: Final = re.compile(r"""<(\w+)(?=[\s>])(?:[^>]*?\sclass="([^"]*)")?""")
MEASURE: Final = """() => {
    const faults = {};
    const names = elements => [...new Set(elements.map(e => `${e.tagName}.${e.className}`))].slice(0, 6);
    const over = document.documentElement.scrollWidth - innerWidth;
    const reach = e => e.getBoundingClientRect().right > innerWidth + 1;
    if (over > 0) faults['scrolls sideways'] = [over, ...names([...document.body.querySelectorAll('*')].filter(reach))];
    const cut = [...document.querySelectorAll('.list-scroll')].filter(e => e.scrollWidth > e.clientWidth + 1);
    if (cut.length) faults['columns cut off'] = cut.map(e => e.scrollWidth - e.clientWidth);
    if (!matchMedia('(pointer: coarse)').matches) return faults;
    const hands = `.btn, .menu-item, .chip, .view, .tab, .side-item, .form-select, .form-control, .top-person, .door,
        .portal-link`;
    const small = [...document.querySelectorAll(hands)].filter(e => {
        const box = e.getBoundingClientRect();
        return e.checkVisibility({visibilityProperty: true}) && box.width > 1 && (box.height < 43.5 || box.width < 23.5);
    });
    if (small.length) faults['too small to touch'] = names(small);
    return faults;
}"""
"""Looks at the layout."""
PRUNE: Final = """known => {
    const shell = '.side, .top, .portal-top, #palette, #keyboard-help';
    if (known) document.querySelectorAll(shell).forEach(part => part.replaceChildren());
    document.body.querySelectorAll('tbody, ul, ol, nav, dl, .view-list, select').forEach(parent => {
        const shapes = new Map();
        [...parent.children].forEach(child => {
            const shape = [child, ...child.querySelectorAll('*')].map(e => e.tagName + e.className).join();
            shapes.set(shape, (shapes.get(shape) ?? 0) + 1);
            if (shapes.get(shape) > 2 && !child.hasAttribute('aria-current')) child.remove();
        });
    });
}"""
"""Leaves two of each kind of row, for the fortieth has nothing to say that the first has not said, and no shell that is
``known`` from another page."""
AXED: Final = """async ([tags, rules]) => {
    const only = rules ? {type: 'rule', values: rules} : {type: 'tag', values: tags};
    const found = await axe.run(document, {resultTypes: ['violations'], runOnly: only});
    const places = fault => fault.nodes.map(node => node.target.join(' ')).slice(0, 5);
    return Object.fromEntries(found.violations.map(fault => [fault.id, places(fault)]));
}"""
UNKNOWN_SIGNS: Final = """async () => {
    const uses = [...document.querySelectorAll('use')].map(one => one.getAttribute('href'));
    window.signs ??= {};
    for (const file of new Set(uses.map(href => href.split('#')[0]))) {
        const text = await (await fetch(file, {cache: 'force-cache'})).text();
        signs[file] ??= new Set([...text.matchAll(/<symbol[^>]*id="([^"]+)"/g)].map(found => found[1]));
    }
    return [...new Set(uses.filter(href => !signs[href.split('#')[0]].has(href.split('#')[1])))];
}"""


class Walk:
    """What everybody together has looked at."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.adapter = app.url_map.bind("127.0.0.1")
        self.endpoints: set[str] = set()
        self.shapes: set[frozenset[Any]] = set()
        self.parts: defaultdict[str, set[Any]] = defaultdict(set)

    def plain(self) -> list[str]:
        """Return the address of every page that needs no argument."""
        rules = [rule for rule in self.app.url_map.iter_rules() if "GET" in (rule.methods or ())]
        pages = [rule for rule in rules if not rule.arguments and self.is_page(rule.endpoint)]
        return sorted(rule.rule for rule in pages)

    @staticmethod
    def is_page(endpoint: str) -> bool:
        """Say whether this answers with a page."""
        return endpoint not in NO_PAGE and "export" not in endpoint

    def kind(self, path: str) -> tuple[str, ...]:
        """Return what an address is an example of: its endpoint with the names of tabs, without numbers and tags."""
        try:
            endpoint, arguments = self.adapter.match(urlsplit(path).path)
        except HTTPException:
            return ()
        named = [
            value for value in arguments.values() if isinstance(value, str) and value.isalpha() and value.islower()
        ]
        return (endpoint, *named) if self.is_page(endpoint) else ()


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """Give the notebook of the walk."""
    return Walk(create_app(load(data_dir=tmp_path_factory.mktemp("map"), secret_key="tests only", demo=True)))


@pytest.fixture(scope="module")
def swept() -> Iterator[list[str]]:
    """Remember that the network was swept, so that pages have something to show."""
    yield []


def sweep(page: Page, address: str) -> None:
    """Sweep the simulated network to its end; another journey may have added one that is chosen apart."""
    page.goto(address + "/discovery")
    page.get_by_label("Sweep Harrow Street").check()
    page.get_by_role("button", name="Sweep the chosen networks").click()
    expect(page.locator("#sweep_live")).to_contain_text("took", timeout=240_000)


def furnish(folder: Path) -> None:
    """Add what a first sweep does not bring: a probe at another site, a schedule, and a drift that was confirmed."""
    app = create_app(load(data_dir=str(folder), secret_key="tests only", demo=True))
    with app.app_context():
        with transaction(Actor.house()) as unit:
            asset = unit.session.scalars(select(Asset).where(Asset.kind == AssetKind.PRINTER).limit(1)).one()
            rule = ensure_rules(now=unit.now)[RuleKey.SUPPLIES_LOW]
            drift = Drift(organization_id=asset.organization_id, asset_id=asset.id, rule_id=rule.id, subject="black")
            drift.state, drift.before, drift.after, drift.manner = DriftState.CONFIRMED, ">= 10 %", "4 %", "snmp:ok"
            drift.first_seen_at = drift.last_seen_at = unit.now
            drift.times_seen, drift.times_clear, drift.returns = 2, 0, 0
            probe = Probe(organization_id=asset.organization_id, name="branch", door=ProbeDoor.FILES)
            probe.sign_key = probe.box_key = "0" * 64
            nightly = Schedule(organization_id=asset.organization_id, name="Every night", cron="30 2 * * 1-5")
            nightly.network_ids, nightly.enabled = list(unit.session.scalars(select(Network.id))), False
            unit.session.add_all([drift, probe, nightly])
        db.session.remove()
        db.engine.dispose()


def faults_of(page: Page, lens: CDPSession, *, shell: bool, whole: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """Look at a page on both screens and in both themes.

    The other two of the four only where something (``whole``) is on the page that was on none before it: colours go
    with classes. The ``shell`` is looked at once.
    """
    for width, touched in SCREENS:
        see(page, lens, width, touched=touched)
        if found := page.evaluate(MEASURE):
            yield str(width), found
    page.evaluate(PRUNE, not shell)
    for (width, touched), theme, rules in (
        (SCREENS[1], "dark", None),
        (SCREENS[1], "light", ["color-contrast"]),
        (SCREENS[0], "light", None),
        (SCREENS[0], "dark", ["color-contrast"]),
    ):
        if rules and not whole:
            continue
        see(page, lens, width, touched=touched)
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        if found := page.evaluate(AXED, [TAGS, rules]):
            yield f"{width} {theme}", found


def see(page: Page, lens: CDPSession, width: int, *, touched: bool) -> None:
    """Make the window that of a desk or of a telephone."""
    lens.send("Emulation.setTouchEmulationEnabled", {"enabled": touched})
    page.set_viewport_size({"width": width, "height": 740})


def walked(person: Somebody, walk: Walk) -> tuple[dict[str, Any], int]:
    """Follow every kind of link; return the faults by address and screen, and how many pages were shown."""
    page, lens = person.page, person.page.context.new_cdp_session(person.page)
    page.add_init_script(AXE)
    ahead = [*walk.plain(), *ALSO]
    known = {walk.kind(path) for path in ahead}
    faults: dict[str, Any] = {}
    seen = 0
    refused: set[int] = set()
    first = True
    while ahead:
        path = ahead.pop(0)
        answer = page.request.get(person.address + path, max_redirects=0)
        status, text = answer.status, answer.text()
        if status in refused or status in (301, 302, 303):
            continue
        if status >= 500:
            faults[path] = status
            continue
        if status != 200:
            refused.add(status)
        elif kind := walk.kind(path):
            walk.endpoints.add(kind[0])
            seen += 1
        for link in LINK.findall(text):
            if (kind := walk.kind(link)) and kind not in known:
                known.add(kind)
                ahead.append(html.unescape(link))
        shape = frozenset(SHAPE.findall(text.partition("<main")[2]))
        place = path if status == 200 else str(status)
        if not first and (shape in walk.shapes or shape <= walk.parts[place]):
            continue
        new_to_us = not shape <= walk.parts["anywhere"]
        walk.shapes.add(shape)
        walk.parts[place] |= shape
        walk.parts["anywhere"] |= shape
        page.goto(person.address + path, wait_until="load")
        if unknown := page.evaluate(UNKNOWN_SIGNS):
            faults[path] = {"unknown signs": unknown}
        faults |= {f"{path} {screen}": found for screen, found in faults_of(page, lens, shell=first, whole=new_to_us)}
        first = False
    return faults, seen


@pytest.mark.parametrize("name", PEOPLE)
def test_every_page_is_accessible_and_whole(
    name: str, demo: Product, somebody: Enter, enter: Enter, walk: Walk, swept: list[str]
) -> None:
    if not swept:
        sweep(enter("ines").page, demo.address)
        furnish(demo.folder)
        swept.append("done")
    faults, seen = walked(somebody(demo) if name == "nobody" else enter(name), walk)
    assert faults == {}
    assert seen >= PEOPLE[name]


def test_no_page_was_forgotten(walk: Walk) -> None:
    pages = {rule.endpoint for rule in walk.app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert {page for page in pages if walk.is_page(page)} - walk.endpoints == set()
