"""Relative times: words for people, the moment for machines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from itsm.app import create_app
from itsm.infra.settings import load
from itsm.kernel.clock import FixedClock
from itsm.web.filters import ago, memory

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    folder: Path = tmp_path_factory.mktemp("filters")
    settings = load(data_dir=folder, base_url="http://localhost", secret_key="tests only")
    return create_app(settings, clock=FixedClock(NOON))


@pytest.mark.parametrize(
    ("away", "words"),
    [
        (timedelta(0), "now"),
        (timedelta(seconds=-4), "4 seconds ago"),
        (timedelta(minutes=-3), "3 minutes ago"),
        (timedelta(hours=2), "in 2 hours"),
    ],
)
def test_a_moment_is_told_relative_to_now(site: Flask, away: timedelta, words: str) -> None:
    with site.test_request_context("/"):
        told = ago(NOON + away)
    assert str(told).endswith(f" data-ago>{words}</time>")
    assert f'<time datetime="{(NOON + away).isoformat()}"' in told


@pytest.mark.parametrize(
    ("size", "said"), [(34_359_738_368, "32 GB"), (34_000_000_000, "31.7 GB"), (536_870_912, "512 MB"), (None, "–")]
)
def test_memory_is_told_in_the_units_of_its_makers(size: int | None, said: str) -> None:
    assert memory(size) == said
