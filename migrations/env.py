"""Alembic's environment: the application's engine, one transaction for a whole upgrade, both databases.

On SQLite a batch change of a parent table would empty its ON DELETE CASCADE children, so foreign keys are off while
tables move and
are checked before the commit.
"""

from __future__ import annotations

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Enum

from itsm.infra.db import Base, UTCDateTime, db, write_mode
from itsm.infra.jobs import schema as jobs_schema

config = context.config


def include_object(thing: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Leave the job engine's and the full-text search's own tables to their own revisions."""
    if kind == "table" and name and (name in jobs_schema.TABLES or name.startswith("sqlite_") or "_fts" in name):
        return False
    return not (kind == "index" and reflected and compare_to is None and name and name.endswith("_search"))


def render_item(kind: str, thing: Any, _context: Any) -> str | bool:
    """Write our own types as what they are in the database, so that old revisions never import the application."""
    if kind == "type" and isinstance(thing, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(thing, Enum):
        return f"sa.String(length={thing.length})"
    return False


def run() -> None:
    """Migrate over the application's own engine."""
    engine = db.engine
    with write_mode(), engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            include_object=include_object,
            render_item=render_item,
            render_as_batch=True,
            compare_type=True,
            transactional_ddl=True,
        )
        try:
            with context.begin_transaction():
                context.run_migrations()
                if sqlite:
                    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                    if broken:
                        raise RuntimeError(f"the migration breaks foreign keys: {broken[:5]}")
        finally:
            if sqlite:
                driver.execute("PRAGMA foreign_keys=ON")


assert current_app, "run migrations through `itsm db`"
run()
