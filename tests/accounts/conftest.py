"""Passwords in these tests are hashed for real, but cheaply."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from argon2 import PasswordHasher
from sqlalchemy import event

from itsm.accounts.services import passwords
from itsm.infra.db import db


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch):
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def counted(app):
    """Give ``counted()``: a list of the statements sent while it is open, without the transactions' own."""

    @contextmanager
    def watch() -> Iterator[list[str]]:
        said: list[str] = []

        def note(_connection, _cursor, statement, *_rest) -> None:
            if not statement.startswith(("BEGIN", "PRAGMA", "SET ", "SAVEPOINT")):
                said.append(statement)

        with app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield said
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return watch
