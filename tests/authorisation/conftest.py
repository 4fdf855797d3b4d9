"""The world on which every route is tried."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.application import NOON, House
from tests.authorisation.world import World, build

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


def address(rule: str, ids: dict[str, Any]) -> str:
    """Return the rule with the world's ids in it."""
    fixed = _FIXED | ({"what": "locations"} if rule.startswith("/admin/") else {})
    return _ARGUMENT.sub(lambda found: str(ids.get(found[1], fixed.get(found[1], 999_999))), rule)


@pytest.fixture(scope="module")
def world(house: House) -> Iterator[tuple[World, Callable[[], None]]]:
    """Give one world, and what puts it back as it was."""
    house.renew()
    house.clock.moment = NOON
    made = build(house.app)
    yield made, house.keep()
