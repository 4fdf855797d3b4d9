"""The style guide in a real Chromium: nothing for axe to find, nothing for the policy to refuse, no overflow."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from werkzeug.serving import make_server

from itsm.app import create_app
from itsm.infra.db import db
from itsm.infra.settings import load

ROOT = Path(__file__).resolve().parents[2]
AXE = (ROOT / "tests" / "vendor" / "axe.min.js").read_text(encoding="utf-8")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDE: ViewportSize = {"width": 1280, "height": 720}
PHONE: ViewportSize = {"width": 360, "height": 740}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("styleguide")
    app = create_app(load(data_dir=folder, base_url="http://127.0.0.1", secret_key="tests only", development=True))
    with app.app_context():
        flask_migrate.upgrade()
        db.session.remove()
        db.engine.dispose()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/styleguide"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the page wrote to the console as a warning or an error, and what it threw."""
    return []


@pytest.fixture
def page(chromium: Browser, complaints: list[str]) -> Iterator[Page]:
    page = chromium.new_page(viewport=WIDE)
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.close()


PAINTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))"


def show(page: Page, address: str) -> None:
    """Open a page and wait until it was painted: until then the browser drops keys."""
    page.goto(address, wait_until="networkidle")
    page.evaluate(PAINTED)


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(page: Page, address: str, complaints: list[str], theme: str, viewport: ViewportSize) -> None:
    page.set_viewport_size(viewport)
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
    show(page, address)
    assert page.evaluate("document.documentElement.dataset.bsTheme") == theme
    page.evaluate(AXE)
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    assert [(fault["id"], [node["target"] for node in fault["nodes"]]) for fault in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert complaints == []


def test_dialogs_and_help_open_by_keyboard_and_close(page: Page, address: str, complaints: list[str]) -> None:
    show(page, address)
    opened = "[...document.querySelectorAll('dialog[open]')].map(d => d.id)"
    page.keyboard.press("?")
    assert page.evaluate(opened) == ["keyboard-help"]
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    assert page.evaluate(opened) == ["sg-assign"]
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    assert page.evaluate(opened) == ["palette"]
    page.keyboard.press("Escape")
    assert page.evaluate(opened) == []
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.matches('[data-search]')")
    assert complaints == []


def test_rows_move_and_select_by_keyboard(page: Page, address: str) -> None:
    show(page, address)
    assert page.locator("[data-bulk-bar]").is_hidden()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator("[data-row].is-current [data-open]").inner_text() == "Printer on floor 2 is out of toner"
    assert page.locator("[data-bulk-count]").inner_text() == "1"


def test_a_refresh_in_place_moves_neither_tick_nor_place(page: Page, address: str) -> None:
    show(page, address)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    rows = page.locator("#sg-tickets tbody").inner_html()
    first = rows[rows.index("<tr data-row") : rows.index("</tr>", rows.index("<tr data-row")) + 5]
    newer = first.replace("pick-1042", "pick-1050").replace("1042", "1050")
    page.route("**/newer", lambda route: route.fulfill(body=newer + rows, content_type="text/html"))
    page.evaluate("htmx.ajax('GET', '/newer', {target: '#sg-tickets tbody', swap: 'innerMorph'})")
    page.wait_for_selector("#pick-1050")
    ticked = "[...document.querySelectorAll('[data-select]')].filter(box => box.checked).map(box => box.value)"
    assert page.evaluate(ticked) == ["1041"]
    assert page.locator("[data-row].is-current [data-select]").get_attribute("value") == "1041"
    assert page.locator("[data-bulk-count]").inner_text() == "1"


def test_files_are_chosen_pasted_and_removed(page: Page, address: str) -> None:
    show(page, address)
    chosen = page.locator("#f-sg_files")
    names = "field => [...field.files].map(file => file.name)"
    chosen.set_input_files([{"name": "log.txt", "mimeType": "text/plain", "buffer": b"one"}])
    page.evaluate(
        """() => {
        const carried = new DataTransfer();
        carried.items.add(new File(['x'], 'image.png', {type: 'image/png'}));
        document.querySelector('#f-sg_about').dispatchEvent(
            new ClipboardEvent('paste', {clipboardData: carried, bubbles: true, cancelable: true}));
        }"""
    )
    first, second = chosen.evaluate(names)
    assert (first, second[:11], second[-4:]) == ("log.txt", "screenshot-", ".png")
    page.get_by_role("button", name="Remove log.txt").click()
    assert chosen.evaluate(names) == [second]


def test_the_note_is_reached_by_its_key_and_text_is_guarded(page: Page, address: str) -> None:
    show(page, address)
    page.keyboard.press("n")
    assert page.evaluate("document.activeElement.id") == "composer-note"
    page.keyboard.type("careful")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.reload()
    assert asked == ["beforeunload"]


def test_text_that_acts_is_refused_as_html(page: Page, address: str) -> None:
    show(page, address)
    attempt = """text => {
        try { document.createElement('div').innerHTML = text; return 'made' } catch { return 'refused' }
        }"""
    tried = ["<img src=x onerror=alert(1)>", "<script>1</script>", '<div onclick="x()">', "<div>plain</div>"]
    assert [page.evaluate(attempt, text) for text in tried] == ["refused", "refused", "refused", "made"]


def test_it_reads_without_script(chromium: Browser, address: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert page.locator(".needs-script:visible").count() == 0
    page.get_by_text("Sort by").click()
    assert page.get_by_role("link", name="Newest").is_visible()
    context.close()
