"""One fleet for the tests that only read, a fresh one for those that change it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from itsm.demo.fleet import Fleet


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    with tempfile.TemporaryDirectory() as folder, Fleet(Path(folder), net="127.43.1.0/24") as running:
        yield running


@pytest.fixture
def own_fleet(tmp_path: Path) -> Iterator[Fleet]:
    with Fleet(tmp_path, net="127.43.2.0/24") as running:
        yield running
