"""``itsm discover``: look at devices from the command line; only ``explain`` of what was stored needs the database."""

from __future__ import annotations

import click

from itsm.cli.lazy import lazy

COMMANDS = lazy(
    explain=("itsm.cli.explain:explain", "Say why a device was read as it was."),
    parse=("itsm.discovery.parsers.command:parse_command", "Print the facts in FILE, the output of a command."),
    scan=("itsm.discovery.scan:scan", "Find the devices at TARGETS and print what they are."),
)


@click.group(cls=COMMANDS)
def discover() -> None:
    """Find out what is on the network."""
