"""``/healthz``: this process answers. ``/readyz``: so do the database and a worker, and the schema is the newest."""

from __future__ import annotations

from datetime import timedelta

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Flask, current_app, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from itsm.infra.db import db
from itsm.infra.jobs import queries
from itsm.infra.unit import clock
from itsm.web import gate

bp = Blueprint("health", __name__)
LATE = timedelta(minutes=5)


@bp.get("/healthz")
@gate.public
def healthz() -> ResponseReturnValue:
    """Say that the process answers."""
    return jsonify(status="ok")


@bp.get("/readyz")
@gate.public
def readyz() -> ResponseReturnValue:
    """Say whether the installation can work: database, schema, worker, queue. 503 where it cannot."""
    found: dict[str, str] = {}
    try:
        found["schema"] = "ok" if schema_is_newest() else "not at the newest revision: run itsm db upgrade"
        session, now = db.session(), clock().now()
        alive = [w for w in queries.workers(session) if now - w.heartbeat_at < timedelta(minutes=1)]
        found["worker"] = "ok" if alive else "no worker is running: start itsm worker"
        late = queries.late_jobs(session, now=now, late_for=LATE, limit=1)
        found["queue"] = "jobs wait for more than five minutes" if late else "ok"
    except SQLAlchemyError:
        found["database"] = "does not answer"
    ready = all(said == "ok" for said in found.values())
    return jsonify(status="ok" if ready else "not ready", **found), 200 if ready else 503


def schema_is_newest() -> bool:
    """Say whether the database stands at the newest revision this version knows."""
    scripts = ScriptDirectory(current_app.extensions["migrate"].directory)
    heads = set(MigrationContext.configure(db.session.connection()).get_current_heads())
    return heads == set(scripts.get_heads())


def register(app: Flask) -> None:
    """Add the two addresses."""
    app.register_blueprint(bp)
