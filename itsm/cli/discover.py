"""``itsm discover``: look at devices from the command line; no database is needed."""

from __future__ import annotations

import click


@click.group()
def discover() -> None:
    """Find out what is on the network."""
