"""The command line: ``itsm …``."""

from __future__ import annotations

import sys

import click

from itsm.cli.lazy import lazy
from itsm.infra.settings import SettingsError

COMMANDS = lazy(
    audit=("itsm.cli.audit:audit", "The audit journal."),
    bench=("itsm.cli.bench:bench", "Measure the installation."),
    db=("itsm.cli.database:db", "Create and migrate the database."),
    demo=("itsm.cli.demo:demo", "Serve the demonstration company."),
    discover=("itsm.cli.discover:discover", "Find out what is on the network."),
    doctor=("itsm.cli.doctor:doctor", "Examine this installation."),
    files=("itsm.cli.files:files", "The attached files."),
    keys=("itsm.cli.keys:keys", "The keys that seal credentials."),
    probe=("itsm.cli.probe:probe", "A probe at another site."),
    run=("itsm.cli.processes:run", "Serve the pages, run jobs and schedules: everything in one command."),
    serve=("itsm.cli.processes:serve", "Serve the pages."),
    worker=("itsm.cli.processes:worker", "Run jobs and schedules until stopped."),
)


@click.group(cls=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="itsm")
def cli() -> None:
    """IT asset and helpdesk service management."""


def main() -> None:
    """Run the command line; a configuration mistake is one sentence, not a traceback."""
    try:
        cli.main(prog_name="itsm")
    except SettingsError as error:
        click.echo(f"itsm: {error}", err=True)
        sys.exit(2)
