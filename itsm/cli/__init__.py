"""The command line: ``itsm …``."""

from __future__ import annotations

import sys

import click

from itsm.cli.audit import audit
from itsm.cli.bench import bench
from itsm.cli.database import db
from itsm.cli.demo import demo
from itsm.cli.discover import discover
from itsm.cli.doctor import doctor
from itsm.cli.files import files
from itsm.cli.keys import keys
from itsm.cli.probe import probe
from itsm.cli.processes import run, serve, worker
from itsm.infra.settings import SettingsError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="itsm")
def cli() -> None:
    """IT asset and helpdesk service management."""


for command in (run, serve, worker, db, audit, bench, demo, discover, doctor, files, keys, probe):
    cli.add_command(command)


def main() -> None:
    """Run the command line; a configuration mistake is one sentence, not a traceback."""
    try:
        cli.main(prog_name="itsm")
    except SettingsError as error:
        click.echo(f"itsm: {error}", err=True)
        sys.exit(2)
