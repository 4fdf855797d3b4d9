"""The authorisation matrix: every route and method, tried by nine people, has the outcome that the table declares.

Outcomes, one letter an actor in the order of ``ACTORS``: ``s`` sent to sign-in, ``h`` hidden (404), ``f`` forbidden
(403), ``+`` let in (whatever the
verb then makes of it). A route that the table does not know fails the test, and so does a line without a route.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.application import NOON, House
from tests.authorisation.bodies import body
from tests.authorisation.world import ACTORS, World, build

TABLE = Path(__file__).with_name("matrix.txt")
_ARGUMENT = re.compile(r"<(?:[^:<>]+(?:\([^)]*\))?:)?(\w+)>")
_FIXED = {
    "what": "facts",
    "tab": "tickets",
    "size": "thumbnail",
    "filename": "css/app.css",
    "code": "nothing",
    "rule": "disk_full",
    "request_id": "0" * 32,
}


def table() -> dict[str, str]:
    """Return the declared outcomes by ``METHOD rule``."""
    rows = [
        line.split(maxsplit=2)
        for line in TABLE.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    return {f"{method} {rule}": outcomes for outcomes, method, rule in rows}


def routes(app: Flask) -> list[str]:
    """Return ``METHOD rule`` of every route there is."""
    return sorted(
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    )


def address(rule: str, ids: dict[str, Any]) -> str:
    """Return the rule with the world's ids in it."""
    fixed = _FIXED | ({"what": "locations"} if rule.startswith("/admin/") else {})
    return _ARGUMENT.sub(lambda found: str(ids.get(found[1], fixed.get(found[1], 999_999))), rule)


def outcome(response: Any) -> str:
    """Return the letter of an answer."""
    if response.status_code == 303 and response.headers["Location"].startswith("/sign-in"):
        return "s"
    if response.status_code == 500:
        return "!"
    return {404: "h", 403: "f"}.get(response.status_code, "+")


def test_the_table_and_the_routes_are_the_same(app: Flask) -> None:
    assert sorted(table()) == routes(app)


@pytest.fixture(scope="module")
def world(house: House) -> Iterator[tuple[World, Callable[[], None]]]:
    """Give one world, and what puts it back as it was."""
    house.renew()
    house.clock.moment = NOON
    made = build(house.app)
    yield made, house.keep()


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
