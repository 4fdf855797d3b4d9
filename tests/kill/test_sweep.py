"""``kill -9`` of the worker during a sweep: it goes on where it was, and the register is as if nothing had happened."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from itsm.demo.fleet import Fleet
from tests.kill import sweeping
from tests.kill.installation import Installation
from tests.postgres import fresh_database

pytestmark = [pytest.mark.kill, pytest.mark.timeout(3600)]
KILLS_A_SWEEP = 4


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with Fleet(tmp_path_factory.mktemp("fleet"), net=sweeping.NET) as running:
        yield running


@pytest.fixture(scope="module")
def reference(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], int]:
    return sweeping.untouched(tmp_path_factory.mktemp("untouched"), fleet)


def test_a_killed_sweep_goes_on_and_leaves_what_an_untouched_one_leaves(
    database_kind: str,
    fleet: Fleet,
    reference: tuple[dict[str, Any], int],
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    picture, addresses = reference
    assert addresses > 30, "most devices of the fleet answer"
    dice, made, rounds = random.Random(4), 0, 0
    while made < request.config.getoption("--kills"):
        url = fresh_database(request.getfixturevalue("postgres_url")) if database_kind == "postgresql" else ""
        here = Installation(tmp_path / str(rounds), url)
        sweeping.enter(here, fleet)
        wanted = min(KILLS_A_SWEEP, request.config.getoption("--kills") - made)
        sweep_id, killed = sweeping.swept(here, kills=wanted, dice=dice)
        made, rounds = made + killed, rounds + 1
        figures = sweeping.count(here, sweep_id, picture)
        again, _none = sweeping.swept(here, kills=0, dice=dice)
        after = sweeping.count(here, again, picture)
        here.let_go()
        right = dict.fromkeys(figures, 0) | {"addresses": addresses, "assets": sum(map(len, picture.values()))}
        assert figures == right
        assert after == right, "a second sweep changes nothing"
        assert killed > 0
