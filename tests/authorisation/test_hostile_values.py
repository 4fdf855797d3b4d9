"""No value of any field of any route makes the house stumble, and none comes back as markup.

The fields of a route are what it looked at when it was tried with a form that would do: the names it asked the address
and the form for, and the fields of its schema. Each is then given values that are none, on both databases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from zlib import crc32

import pytest
from flask import Flask, Request
from werkzeug.datastructures import ImmutableMultiDict

from itsm.web.forms import HOUSEKEEPING, Form, Schema
from tests.authorisation.bodies import body
from tests.authorisation.conftest import address, table
from tests.authorisation.world import ACTORS, World

SCRIPT = "<script>alert(1)</script>"
ALWAYS = ("9223372036854775808", f"{SCRIPT}{{{{7*7}}}}' %s")
"""Beyond any column; and markup, a template and a pattern in one."""
IN_TURN = (
    "",
    "-1",
    "2147483648",  # beyond a column of 32 bits, and an id that no row has
    "\u0661",  # a digit, but none of ours
    "a\x00b",  # what PostgreSQL refuses in a text
    "2026-02-30T25:61",
    "9999-12-31",
    "x" * 70_000,
    "[1]",
)
"""Of these each field gets two, others on the other database; ``--kills 50`` and more gives it all."""
LEFT_OUT = frozenset({"GET /static/<path:filename>", "POST /sign-out", "GET /readyz"})


class Noticing(ImmutableMultiDict[str, str]):
    """The values of a request, which notices what is asked for."""

    asked: set[str] = set()

    def get(self, key: str, *args: Any, **named: Any) -> Any:
        """Notice the name, and answer as always."""
        self.asked.add(key)
        return super().get(key, *args, **named)

    def getlist(self, key: str, *args: Any, **named: Any) -> Any:
        """Notice the name, and answer as always."""
        self.asked.add(key)
        return super().getlist(key, *args, **named)


class NoticingRequest(Request):
    """A request with such values."""

    parameter_storage_class = Noticing


@pytest.fixture
def fields(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """Give the names of fields that routes look at, as they do."""
    asked: set[str] = set()
    made = Form.__init__

    def notice(self: Form[Schema], schema: type[Schema], *args: Any, **named: Any) -> None:
        asked.update(schema.model_fields)
        made(self, schema, *args, **named)

    monkeypatch.setattr(Noticing, "asked", asked)
    monkeypatch.setattr(Form, "__init__", notice)
    monkeypatch.setattr(app, "request_class", NoticingRequest)
    yield asked


def values_for(what: str, *, every: bool) -> list[str]:
    """Return the values to try; the same for the same route, field and database."""
    if every:
        return [*ALWAYS, *IN_TURN]
    place = crc32(what.encode())
    return [*ALWAYS, IN_TURN[place % len(IN_TURN)], IN_TURN[(place + 4) % len(IN_TURN)]]


@pytest.mark.parametrize("route", sorted(table().keys() - LEFT_OUT))
def test_no_value_makes_a_route_stumble(
    route: str,
    world: tuple[World, Callable[[], None]],
    fields: set[str],
    database_kind: str,
    request: pytest.FixtureRequest,
) -> None:
    every = request.config.getoption("--kills") >= 50
    made, restore = world
    restore()
    method, rule = route.split(" ", 1)
    let_in = (name for name, outcome in reversed([*zip(ACTORS, table()[route], strict=True)]) if outcome == "+")
    name = next(let_in, "administrator")
    browser, url, sent = made.browsers[name], address(rule, made.ids), body(route, made.ids)

    def ask(values: dict[str, Any]) -> tuple[int, bytes]:
        browser.begin()
        with browser.get(url, query_string=values) if method == "GET" else browser.post(url, data=values) as answer:
            return answer.status_code, answer.data

    ask(sent)
    for field in sorted(fields - HOUSEKEEPING | {"version"}):
        for value in values_for(f"{database_kind} {route} {field}", every=every):
            status, said = ask({**sent, field: value})
            assert status < 500, f"{route}: {status} for {field}={value[:40]!r}"
            assert b"does not fit what is there" not in said, f"{route}: the database had to refuse {field}={value!r}"
            assert SCRIPT.encode() not in said, f"{route}: {field} comes back as markup"
