"""``itsm doctor``: what is wrong with this installation, and how to mend it."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from functools import partial

import click
from sqlalchemy import text

from itsm.cli.application import running
from itsm.discovery.probe_reading import silent_probes
from itsm.infra import doctor as room
from itsm.infra import sealing
from itsm.infra.db import db
from itsm.infra.doctor import Check, Finding, Level, good
from itsm.infra.jobs import queries
from itsm.infra.relay import relay_of
from itsm.infra.secrets import SecretsError
from itsm.infra.settings import Settings
from itsm.infra.unit import clock
from itsm.web.health import schema_is_newest

_SIGNS = {Level.GOOD: "good", Level.WARNING: "look", Level.TROUBLE: "TROUBLE"}
_MAIL_WAITS = 10.0


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def doctor(as_json: bool) -> None:
    """Examine this installation; exit status 2 where something must be mended, 1 where it should be looked at."""
    with running(log_level="error") as app:
        findings = room.examine(_checks(app.extensions["itsm.settings"]))
    for name, finding in findings:
        if as_json:
            told = {"check": name, "level": finding.level.name.lower()}
            click.echo(json.dumps({**told, "sentence": finding.sentence, "remedy": finding.remedy}))
            continue
        click.echo(f"{_SIGNS[finding.level]:>7}  {name}: {finding.sentence}")
        if finding.remedy:
            click.echo(f"{'':>7}  → {finding.remedy}")
    sys.exit(int(room.worst(findings)))


def _checks(settings: Settings) -> list[Check]:
    folder = settings.data_dir
    checks = [
        Check("Python", room.python_version),
        Check("Data directory", partial(room.data_folder, folder)),
        Check("Free disk", partial(room.free_disk, folder)),
        Check("Key file", partial(room.key_file, settings.sealing_key_file)),
        Check("Database", _database),
        Check("Sealed credentials", _sealed),
        Check("Worker", _worker),
        Check("Remote probes", _probes),
        Check("Mail server", partial(room.mail_server, relay_of(settings, timeout=_MAIL_WAITS))),
    ]
    if settings.url.startswith("sqlite"):
        checks.insert(5, Check("SQLite", room.sqlite_version))
        checks.insert(6, Check("Durability", partial(room.sqlite_safety, _pragma)))
    return checks


def _database() -> Finding:
    if schema_is_newest():
        return good(f"The {db.engine.dialect.name} database answers and has the newest schema.")
    return Finding(Level.TROUBLE, "The database is not at the newest schema.", "Run: itsm db upgrade")


def _sealed() -> Finding:
    if not sealing.sealed_rows_exist(db.session()):
        return good("Nothing is sealed yet.")
    try:
        shut = sealing.unopenable(db.session(), sealing.key_ring())
    except SecretsError as error:
        shut = [str(error)]
    if shut:
        sentence = f"{len(shut)} cannot be opened: {shut[0]}"
        return Finding(Level.TROUBLE, sentence, "Put the key file back from your backup; then run itsm keys check.")
    return good("Everything sealed opens.")


def _pragma(name: str) -> object:
    return db.session.execute(text(f"PRAGMA {name}")).scalar_one()


def _probes() -> Finding:
    silent = silent_probes(db.session(), clock().now())
    if not silent:
        return good("No remote probe is silent.")
    sentence = f"Silent for more than an hour: {', '.join(silent)}."
    remedy = "See that the probe runs and reaches the database; what it sees meanwhile waits in its spool."
    return Finding(Level.WARNING, sentence, remedy)


def _worker() -> Finding:
    now = clock().now()
    alive = [worker for worker in queries.workers(db.session()) if now - worker.heartbeat_at < timedelta(minutes=1)]
    if alive:
        return good(f"{len(alive)} worker{'s' if len(alive) > 1 else ''} at work.")
    remedy = "Run itsm worker, or itsm run for web server and worker together."
    return Finding(Level.WARNING, "No worker is running: mail, sweeps and schedules wait.", remedy)
