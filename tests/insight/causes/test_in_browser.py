"""From several reports below one switch to one incident and a banner, in a real browser, with the real job engine."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from functools import partial

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from sqlalchemy import select
from werkzeug.serving import make_server

from itsm.assets.models import Asset, Interface
from itsm.cli.processes import in_context
from itsm.insight.causes.models import Suspect
from tests.insight.causes.test_looks import ADDRESS, agents, network

__all__ = ["agents", "network"]
CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.agents,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]


@pytest.fixture
def visit(app) -> Iterator[object]:
    """Give ``visit(browser)``: a page of Chromium in which that person is signed in; what it complains of fails."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    complaints: list[str] = []
    with sync_playwright() as playwright:
        expect.set_options(timeout=30_000)
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)

        def visited(person) -> Page:
            person.get("/inbox")
            context = chromium.new_context(base_url=address, viewport={"width": 1280, "height": 900})
            cookie = person.get_cookie("itsm")
            context.add_cookies([{"name": "itsm", "value": cookie.value, "url": address}])
            page = context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
            return page

        yield visited
        chromium.close()
    server.shutdown()
    thread.join()
    server.server_close()
    assert complaints == []


def work_jobs(app) -> None:
    """Let the job engine do all that waits, in a thread: the browser's loop runs in this one."""
    due = partial(app.extensions["itsm.jobs"].run_due, wrap=in_context(app), queues=["default"])
    worker = threading.Thread(target=due)
    worker.start()
    worker.join()


def report(page: Page, device: str, title: str) -> None:
    """Send the report form about one of one's devices."""
    page.goto("/report")
    page.get_by_label("What is wrong, in a few words?").fill(title)
    page.locator("label").filter(has_text=device).first.click()
    page.get_by_label("What happens, and since when?").fill("It was fine yesterday.")
    page.get_by_role("button", name="Send it to us").click()
    page.wait_for_url(re.compile(r"/requests/\d+"))


def test_several_reports_become_one_incident_that_the_portal_knows_of(
    app, database_kind, site, work, reading, visit, network
):
    if database_kind != "sqlite":
        pytest.skip("what the browser adds is the same on both; the services are tried on both")
    with work() as unit:
        for name, person in (("lap-14", site.desk.ana), ("lap-15", site.desk.bo)):
            unit.session.get_one(Asset, site.ids[name]).custodian_id = person.actor.person_id
        unit.session.add(Interface(asset_id=site.ids["sw-2"], name="Gi0/12", number=1, first_seen_at=unit.now))
    ana, bo, tina = visit(site.desk.ana), visit(site.desk.bo), visit(site.desk.tina)
    report(ana, "lap-12", "No network")
    report(bo, "lap-13", "The share is gone")
    work_jobs(app)
    tina.goto("/tickets")
    expect(tina.locator("#queue_rows")).to_contain_text("The share is gone")
    expect(tina.locator("#insight_strip")).to_have_text("")
    report(ana, "lap-14", "Phone is dead too")
    work_jobs(app)
    with reading() as session:
        assert session.scalars(select(Suspect.asset_id)).all() == [site.ids["sw-2"]]

    tina.reload()
    expect(tina.locator("#insight_strip")).to_contain_text("3 tickets below")
    expect(tina.locator("#insight_strip")).to_contain_text("sw-2")
    tina.get_by_role("link", name="Phone is dead too").click()
    place = tina.locator("#insight_place")
    expect(place).to_contain_text("3 of 3 devices with tickets hang on it")
    expect(tina.locator("#insight_commons")).to_contain_text("3 of 3 tickets of the last 24 h hang on sw-2")
    expect(tina.locator("#insight_story")).to_contain_text("72 hours before")
    place.get_by_role("button", name="Make one incident of them").click()
    expect(tina.get_by_role("heading", name="Several reports: sw-2")).to_be_visible()
    for number in (1001, 1002, 1003):
        expect(tina.locator(".rail")).to_contain_text(f"#{number}")
    tina.get_by_role("link", name="Tell everybody on the portal").click()
    tina.get_by_label("Message").fill("The network on the second floor is down. We are on it.")
    tina.get_by_role("button", name="Show it").click()
    expect(tina.locator("#insight_place")).to_contain_text("The network on the second floor is down.")

    bo.goto("/")
    expect(bo.locator(".known")).to_contain_text("The network on the second floor is down.")
    bo.get_by_role("button", name="It hits me too").click()
    expect(bo.locator(".known")).to_contain_text("You are on the list")
    bo.get_by_role("link", name=re.compile("Several reports: sw-2")).click()
    expect(bo.locator("main")).to_contain_text("We look into it.")
    assert "Ana Horvat" not in bo.content()

    tina.goto("/tickets/1001")
    looks = tina.locator("#insight_looks")
    looks.get_by_role("button", name="Name and uptime (SNMP)").click()
    expect(looks).to_contain_text("under way")
    work_jobs(app)
    expect(looks).to_contain_text(ADDRESS)
    expect(looks).to_contain_text("up for ", timeout=20_000)
    expect(tina.locator("#ticket_conversation")).to_contain_text("Tina Okafor looked at lap-12", timeout=20_000)

    tina.goto("/tickets/1004")
    tina.get_by_role("button", name="Resolve", exact=True).click()
    expect(tina.locator(".ticket-line")).to_contain_text("Resolved")
    bo.goto("/")
    expect(bo.locator("main")).to_contain_text("What do you need?")
    expect(bo.locator(".known")).to_have_count(0)
