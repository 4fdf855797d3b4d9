"""A schedule in words: what it will do follows what is chosen, and without script it is made all the same."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.journeys.conftest import Enter


def test_a_schedule_says_what_it_will_do_while_it_is_made(enter: Enter) -> None:
    page = enter("ines").open("/discovery/schedules")
    page.get_by_role("link", name="Add a schedule").click()
    outlook = page.locator("#schedule_preview")
    expect(outlook).to_contain_text("Every day at 02:30")
    expect(outlook.locator("time")).to_have_count(3)
    page.get_by_role("radio", name=re.compile("Weekly")).check()
    expect(page.get_by_label("Day of the month", exact=True)).to_be_hidden()
    page.get_by_label("Thu", exact=True).check()
    page.get_by_label("Time", exact=True).fill("19:15")
    expect(outlook).to_contain_text("Every Thursday at 19:15")
    page.get_by_role("radio", name=re.compile("Monthly")).check()
    page.get_by_label("Day of the month", exact=True).select_option("L")
    expect(outlook).to_contain_text("On the last day of every month at 19:15")
    page.get_by_label("Name").fill("End of the month")
    page.get_by_role("button", name="Add the schedule").click()
    row = page.get_by_role("row").filter(has_text="End of the month")
    expect(row).to_contain_text("On the last day of every month at 19:15")
    row.get_by_role("link", name="End of the month").click()
    expect(page.get_by_role("radio", name=re.compile("Monthly"))).to_be_checked()
    page.get_by_role("button", name="Remove this schedule").click()
    expect(page.get_by_role("row").filter(has_text="End of the month")).to_have_count(0)


def test_a_schedule_is_made_without_script(enter: Enter) -> None:
    page = enter("ines", java_script_enabled=False).open("/discovery/schedules/new")
    page.get_by_role("radio", name=re.compile("Hourly")).check()
    page.get_by_label("Every", exact=True).select_option("6")
    page.get_by_role("button", name="Show the next times").click()
    expect(page.locator("#schedule_preview")).to_contain_text("Every 6 hours, from 00:00 on")
    page.get_by_label("Name").fill("Four times a day")
    page.get_by_label("Switched on").uncheck()
    page.get_by_role("button", name="Add the schedule").click()
    row = page.get_by_role("row").filter(has_text="Four times a day")
    expect(row).to_contain_text("Every 6 hours, from 00:00 on")
    row.get_by_role("link", name="Four times a day").click()
    page.get_by_role("button", name="Remove this schedule").click()
    expect(page.get_by_role("row").filter(has_text="Four times a day")).to_have_count(0)
