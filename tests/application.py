"""The application under test, on a real database of each kind, fresh for every test.

``app`` runs a test once on SQLite and once on PostgreSQL (``--database`` limits it). The schema comes from the
migrations; a
migrated template is copied before each test, so every test commits for real.

Do not hold an application context across client requests (Flask would share ``g`` between them): open one with
``work(actor)``
(a transaction) or ``reading()`` where rows are made or looked at.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from itsm.app import create_app
from itsm.infra.db import db
from itsm.infra.settings import load
from itsm.infra.unit import Unit, transaction
from itsm.kernel.actor import Actor
from itsm.kernel.clock import FixedClock
from tests.postgres import fresh_database, remember

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
"""The moment at which every test begins."""


@dataclass
class House:
    """One application and the template its database is copied from."""

    app: Flask
    clock: FixedClock
    renew: Callable[[], None]
    keep: Callable[[], Callable[[], None]]
    """Copy the database as it is now; what comes back restores it. For tests that try many things on one world."""


_houses: dict[str, House] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run be limited to one database, or kill more often."""
    parser.addoption("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.addoption("--kills", type=int, default=3, help="how often the kill tests kill, each")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what uses the application once a database."""
    if "database_kind" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--database")
        kinds = ["sqlite", "postgresql"] if chosen == "both" else [chosen]
        metafunc.parametrize("database_kind", kinds, scope="session")


@pytest.fixture(scope="session")
def house(database_kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> House:
    """Return the application on this kind of database; made once a run."""
    if database_kind not in _houses:
        folder = tmp_path_factory.mktemp(database_kind)
        if database_kind == "sqlite":
            _houses[database_kind] = _sqlite_house(folder)
        else:
            _houses[database_kind] = _postgres_house(folder, request.getfixturevalue("postgres_url"))
    return _houses[database_kind]


def _make(folder: Path, url: str) -> tuple[Flask, FixedClock]:
    clock = FixedClock(NOON)
    settings = load(data_dir=folder, database_url=url, base_url="http://localhost", secret_key="tests only")
    app = create_app(settings, clock=clock)
    app.testing = True
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with app.app_context():
        flask_migrate.upgrade()
        db.session.remove()
        db.engine.dispose()
    return app, clock


def _sqlite_house(folder: Path) -> House:
    file = folder / "itsm.db"
    app, clock = _make(folder, f"sqlite:///{file}")
    template = folder / "template.db"
    shutil.copy(file, template)

    def restore(copy: Path) -> None:
        with app.app_context():
            db.engine.dispose()
        for suffix in ("-wal", "-shm"):
            file.with_name(file.name + suffix).unlink(missing_ok=True)
        shutil.copy(copy, file)

    def keep() -> Callable[[], None]:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        copy = folder / "kept.db"
        with sqlite3.connect(file) as source, sqlite3.connect(copy) as target:
            source.backup(target)
        source.close()
        target.close()
        return lambda: restore(copy)

    return House(app, clock, lambda: restore(template), keep)


def _postgres_house(folder: Path, server: str) -> House:
    url = fresh_database(server)
    app, clock = _make(folder, url)

    def restoring(restore: Callable[[], bool]) -> Callable[[], None]:
        def restored() -> None:
            with app.app_context():
                db.session.remove()
                if restore():
                    db.engine.dispose()

        return restored

    return House(app, clock, restoring(remember(url)), lambda: restoring(remember(url)))


@pytest.fixture
def app(house: House) -> Iterator[Flask]:
    """Give the application with an empty, migrated database; its clock stands at NOON."""
    house.renew()
    house.clock.moment = NOON
    yield house.app
    with house.app.app_context():
        db.session.remove()


@pytest.fixture
def clock(house: House) -> FixedClock:
    """Give the clock of the application under test."""
    return house.clock


Work = Callable[..., AbstractContextManager[Unit]]


@pytest.fixture
def work(app: Flask) -> Work:
    """Give ``work(actor)``: an application context with one transaction in it. Default actor: the house."""

    @contextmanager
    def opened(actor: Actor | None = None) -> Iterator[Unit]:
        with app.app_context(), transaction(actor or Actor.house()) as unit:
            yield unit

    return opened


@pytest.fixture
def reading(app: Flask) -> Callable[[], AbstractContextManager[Session]]:
    """Give ``reading()``: an application context with a session that only reads."""

    @contextmanager
    def opened() -> Iterator[Session]:
        with app.app_context():
            yield db.session()

    return opened


@pytest.fixture
def statements(app: Flask) -> Iterator[list[str]]:
    """Give a list that grows with every statement, but for what is read anew every few seconds whatever is asked for."""
    told: list[str] = []

    def tell(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "installation_setting" not in statement:
            told.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", tell)
    yield told
    event.remove(engine, "before_cursor_execute", tell)


def only(items: Any) -> Any:
    """Return the one item there is."""
    (item,) = items
    return item
