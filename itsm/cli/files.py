"""``itsm files``: prove that every attached file is there and whole."""

from __future__ import annotations

import sys

import click

from itsm.attachments.queries import stored_names
from itsm.attachments.services.uploads import file_store
from itsm.cli.application import running


@click.group()
def files() -> None:
    """The attached files."""


@files.command()
def verify() -> None:
    """Read every file again; exit status 1 where one is damaged or missing. Orphans are counted; they go by night."""
    with running():
        report = file_store().verify(stored_names())
    for trouble, names in (("damaged", report.damaged), ("missing", report.missing)):
        for name in names:
            click.echo(f"{trouble}: {name}", err=True)
    click.echo(f"{report.whole} files are whole, {len(report.orphans)} belong to nothing yet or any more.")
    if report.damaged or report.missing:
        sys.exit(1)
