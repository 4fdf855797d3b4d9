"""Who guesses passwords is made to wait, and is told how long; what was typed stays, but never the password."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journeys.conftest import Enter
from tests.journeys.product import Product

MOST_GUESSES = 15


def test_wrong_passwords_are_throttled(demo: Product, somebody: Enter) -> None:
    page = somebody(demo).open("/sign-in")
    statuses: list[int] = []
    while len(statuses) < MOST_GUESSES and 429 not in statuses:
        page.get_by_label("Mail address").fill("henrik@larkspur.example")
        page.get_by_label("Password", exact=True).fill("not the password")
        with page.expect_response(lambda answer: answer.request.method == "POST") as answered:
            page.get_by_role("button", name="Sign in").click()
        page.wait_for_load_state()
        statuses.append(answered.value.status)
        expect(page.get_by_label("Password", exact=True)).to_have_value("")
        expect(page.get_by_label("Mail address")).to_have_value("henrik@larkspur.example")
    assert statuses[:-1] == [422] * (len(statuses) - 1)
    assert statuses[-1] == 429
    assert int(answered.value.headers["retry-after"]) > 0
    expect(page.locator(".notice").first).to_be_visible()
