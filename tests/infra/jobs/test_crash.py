"""Producers and workers killed at random: nothing lost, nothing made up, no slot twice. On both databases."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.postgres import drop_database, fresh_database

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.kill
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_killing_loses_nothing_and_makes_nothing_up(
    database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if request.config.getoption("--database") not in ("both", database):
        pytest.skip("the other database was chosen")
    kills = int(request.config.getoption("--kills"))
    server = "" if database == "sqlite" else request.getfixturevalue("postgres_url")
    url = fresh_database(server) if server else f"sqlite:///{tmp_path / 'crash.db'}"
    command = [sys.executable, "-m", "bench.jobs_crash", "--url", url, "--transactions", str(20 * kills)]
    done = subprocess.run(
        [*command, "--kills", str(kills)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60 + 10 * kills,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    figures = json.loads(done.stdout)
    must = ("lost", "ghosts", "slot_duplicates", "jobs_per_ticket_wrong", "dead_letters", "still_open")
    assert {name: figures[name] for name in must} == dict.fromkeys(must, 0)
    assert figures["notified"] == figures["committed"] > 8 * kills
    assert figures["slots"] > 0
    if server:
        drop_database(url)
