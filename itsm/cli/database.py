"""``itsm db``: bring the schema up or down, and make new revisions."""

from __future__ import annotations

import click
import flask_migrate

from itsm.cli.application import running


@click.group()
def db() -> None:
    """Create and migrate the database."""


@db.command()
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Bring the database to REVISION (default: the newest)."""
    with running():
        flask_migrate.upgrade(revision=revision)


@db.command()
@click.argument("revision", default="-1")
def downgrade(revision: str) -> None:
    """Take the database back to REVISION (default: one step)."""
    with running():
        flask_migrate.downgrade(revision=revision)


@db.command()
def current() -> None:
    """Print the revision the database is at."""
    with running():
        flask_migrate.current()


@db.command()
def check() -> None:
    """Fail when the models and the database differ."""
    with running():
        flask_migrate.check()


@db.command()
@click.option("-m", "--message", required=True, help="What the revision does.")
@click.option("--rev-id", required=True, help="Its number and name, e.g. 0004_assets.")
def revision(message: str, rev_id: str) -> None:
    """Write a new revision from the difference between models and database."""
    with running():
        flask_migrate.revision(message=message, autogenerate=True, rev_id=rev_id)
