"""The databases that are played on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.postgres import fresh_database, running_server


@contextmanager
def databases(chosen: str) -> Iterator[list[tuple[str, Callable[[], str]]]]:
    """Give the chosen kinds of database, each with a maker of addresses of empty ones (empty address: SQLite)."""
    found: list[tuple[str, Callable[[], str]]] = [("sqlite", str)] if chosen != "postgresql" else []
    if chosen == "sqlite":
        yield found
        return
    with running_server() as server:
        yield [*found, ("postgresql", lambda: fresh_database(server))]
