"""``kill -9`` of the web server while employees report trouble: nothing acknowledged is lost, doubled or half."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kill import tickets_left
from tests.kill.installation import Installation
from tests.kill.reporting import storm
from tests.postgres import fresh_database

pytestmark = [pytest.mark.kill, pytest.mark.timeout(3600)]
GROWING = {"acknowledged", "tickets", "retries"}


def test_no_report_is_lost_doubled_or_half(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    url = fresh_database(request.getfixturevalue("postgres_url")) if database_kind == "postgresql" else ""
    here = Installation(tmp_path, url)
    ledger = storm(here, kills=request.config.getoption("--kills"))
    figures = tickets_left.count(here.app, ledger)
    here.let_go()
    assert {name: number for name, number in figures.items() if name not in GROWING and number} == {}
    assert figures["acknowledged"] == len(ledger.tried) == figures["tickets"]
    assert ledger.retries > 0, "no report was cut off: the killing killed nothing"
