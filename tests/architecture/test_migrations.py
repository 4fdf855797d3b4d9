"""Migrations go up, down and up again on both databases, leave what was there, and end where the models are."""

import flask_migrate
from sqlalchemy import inspect, select, text

from itsm.discovery.models import Sweep
from itsm.infra.db import Base, db, write_mode
from itsm.infra.unit import transaction
from itsm.kernel.actor import Actor, Door
from tests.factories.org import OrganizationFactory


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


SAID = {
    "started by Ana Horvat": ("person", {"name": "Ana Horvat"}),
    "started by Ana Horvat, although the window is closed": ("person", {"name": "Ana Horvat"}),
    "schedule Nightly": ("schedule", {"name": "Nightly"}),
    "schedule Noon, begun by berlin while it was cut off": ("schedule_cut_off", {"name": "Noon", "probe": "berlin"}),
    "order file for berlin, by Ana": ("order_file", {"name": "Ana", "probe": "berlin"}),
    "a ticket was resolved": ("ticket_resolved", {}),
    "the old 100% way": ("said", {"text": "the old 100% way"}),
    "": ("said", {}),
}


def test_what_older_sweeps_said_becomes_a_code_and_comes_back(app) -> None:
    insert = text(
        "INSERT INTO sweep (organization_id, network_ids, why, outside_windows, state, total, progress, new, changed,"
        " same, undecided, unknown, refused, vanished, error, created_at, updated_at) VALUES (:home, '[]', :why, :closed,"
        " 'finished', 0, '{}', 0, 0, 0, 0, 0, 0, 0, '', '2026-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00')"
    )
    with app.app_context():
        session = db.session()
        with transaction(Actor.house(Door.CLI)):
            home = OrganizationFactory().id
        flask_migrate.downgrade(revision="0053_errands")
        with write_mode(), db.engine.begin() as connection:
            for why in SAID:
                connection.execute(insert, {"home": home, "why": why, "closed": "closed" in why})
        flask_migrate.upgrade()
        session.rollback()
        rows = session.execute(select(Sweep.reason, Sweep.reason_facts).order_by(Sweep.id)).all()
        assert [(reason.value, facts) for reason, facts in rows] == list(SAID.values())
        session.rollback()
        flask_migrate.downgrade(revision="0053_errands")
        with db.engine.connect() as connection:
            assert list(connection.scalars(text("SELECT why FROM sweep ORDER BY id"))) == list(SAID)
        flask_migrate.upgrade()
