"""Migrations go up, down and up again on both databases, leave what was there, and end where the models are."""

import flask_migrate
from sqlalchemy import inspect, text

from itsm.infra.db import Base, db, write_mode


def described(engine, tables):
    """Return what the inspector knows of the tables: columns, keys, indexes, checks."""
    found = inspect(engine)
    out = {}
    for table in sorted(tables):
        columns = {c["name"]: (str(c["type"]).split(" COLLATE")[0], c["nullable"]) for c in found.get_columns(table)}
        indexes = {i["name"]: (tuple(i["column_names"]), bool(i["unique"])) for i in found.get_indexes(table)}
        foreign = {
            (tuple(f["constrained_columns"]), f["referred_table"], f["options"].get("ondelete"))
            for f in found.get_foreign_keys(table)
        }
        unique = {(u["name"], tuple(u["column_names"])) for u in found.get_unique_constraints(table)}
        checks = {c["name"] for c in found.get_check_constraints(table)}
        primary = tuple(found.get_pk_constraint(table)["constrained_columns"])
        out[table] = (columns, indexes, foreign, unique, checks, primary)
    return out


def test_up_down_up_and_equal_to_the_models(app) -> None:
    with app.app_context():
        engine = db.engine
        flask_migrate.check()
        ours = set(Base.metadata.tables)
        migrated = described(engine, ours)
        flask_migrate.downgrade(revision="base")
        left = {name for name in inspect(engine).get_table_names() if name != "alembic_version"}
        assert left == set()
        with write_mode(), engine.begin() as connection:
            Base.metadata.create_all(connection)
        assert described(engine, ours) == migrated
        with write_mode(), engine.begin() as connection:
            Base.metadata.drop_all(connection)
        flask_migrate.upgrade()
        assert described(engine, ours) == migrated


def test_there_is_one_head(app) -> None:
    from alembic.script import ScriptDirectory

    with app.app_context():
        scripts = ScriptDirectory(app.extensions["migrate"].directory)
        assert len(scripts.get_heads()) == 1


def test_a_failing_migration_leaves_nothing_behind(app, tmp_path) -> None:
    with app.app_context():
        before = set(inspect(db.engine).get_table_names())
        try:
            with write_mode(), db.engine.begin() as connection:
                connection.execute(text("CREATE TABLE half_done (id INTEGER)"))
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass
        assert set(inspect(db.engine).get_table_names()) == before
