"""The authorisation matrix: every route and method, tried by nine people, has the outcome that the table declares.

Outcomes, one letter an actor in the order of ``ACTORS``: ``s`` sent to sign-in, ``h`` hidden (404), ``f`` forbidden
(403), ``+`` let in (whatever the
verb then makes of it). A route that the table does not know fails the test, and so does a line without a route.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.authorisation.bodies import body
from tests.authorisation.conftest import address, table
from tests.authorisation.world import ACTORS, World


def routes(app: Flask) -> list[str]:
    """Return ``METHOD rule`` of every route there is."""
    return sorted(
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    )


def outcome(response: Any) -> str:
    """Return the letter of an answer."""
    if response.status_code == 303 and response.headers["Location"].startswith("/sign-in"):
        return "s"
    if response.status_code == 500:
        return "!"
    return {404: "h", 403: "f"}.get(response.status_code, "+")


def test_the_table_and_the_routes_are_the_same(app: Flask) -> None:
    assert sorted(table()) == routes(app)


@pytest.mark.parametrize("route", sorted(table()))
def test_everybody_gets_what_the_table_says(route: str, world: tuple[World, Callable[[], None]]) -> None:
    made, restore = world
    restore()
    found = tried(route, made)
    assert found == table()[route], f"{dict(zip(ACTORS, found, strict=True))} at {route}"


def tried(route: str, world: World) -> str:
    """Return what nine people get at a route, one letter each."""
    method, rule = route.split(" ", 1)
    url, sent = address(rule, world.ids), body(route, world.ids)
    found = ""
    for name in ACTORS:
        browser = world.browsers[name]
        browser.begin()
        with browser.get(url, query_string=sent) if method == "GET" else browser.post(url, data=sent) as response:
            found += outcome(response)
    return found
