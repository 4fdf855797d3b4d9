"""``itsm discover``: look at devices from the command line; no database is needed."""

from __future__ import annotations

import click

from itsm.discovery.parsers.command import parse_command
from itsm.discovery.scan import scan


@click.group()
def discover() -> None:
    """Find out what is on the network."""


discover.add_command(parse_command)
discover.add_command(scan)
