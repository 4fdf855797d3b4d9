"""``itsm audit``: prove that the journal is whole."""

from __future__ import annotations

import sys

import click

from itsm.cli.application import running
from itsm.infra import journal
from itsm.infra.db import db
from itsm.infra.journal import witness
from itsm.infra.settings import Settings


@click.group()
def audit() -> None:
    """The audit journal."""


@audit.command()
def verify() -> None:
    """Recompute the whole chain and compare it with the witness file; exit status 1 where it does not hold."""
    with running() as app:
        settings: Settings = app.extensions["itsm.settings"]
        marks = witness.read(settings.data_dir)
        verdict = journal.verify(db.session(), witnessed=marks)
    if verdict.holds:
        click.echo(f"The journal is whole: {verdict.rows} rows, {len(marks)} witnessed heads, {verdict.head}")
        return
    click.echo(f"The journal does not hold: {verdict.fault} ({verdict.rows} rows were good).", err=True)
    sys.exit(1)
