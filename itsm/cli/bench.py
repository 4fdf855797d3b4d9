"""``itsm bench``: fill a database for measuring."""

from __future__ import annotations

import time

import click

from itsm.cli.application import running
from itsm.demo.load import Load, fill
from itsm.infra import bulk
from itsm.infra.db import db
from itsm.infra.unit import transaction
from itsm.kernel.actor import Actor, Door

MOST = 5_000_000


@click.group()
def bench() -> None:
    """Measure the installation."""


@bench.command()
@click.option("--tickets", type=click.IntRange(0, MOST), default=100_000, show_default=True)
@click.option("--assets", type=click.IntRange(0, MOST), default=20_000, show_default=True)
@click.option("--comments", type=click.IntRange(0, 50), default=3, show_default=True, help="On each ticket.")
@click.option("--people", type=click.IntRange(1, MOST), default=5000, show_default=True)
@click.option("--technicians", type=click.IntRange(1, 10_000), default=200, show_default=True)
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same rows.")
def load(tickets: int, assets: int, comments: int, people: int, technicians: int, seed: int) -> None:
    """Append realistic people, assets and tickets to a migrated database. Not for one that is in use."""
    wanted = Load(tickets=tickets, assets=assets, comments=comments, people=people, technicians=technicians, seed=seed)
    with running():
        begun = time.monotonic()
        with transaction(Actor.house(Door.CLI, name="bench load")) as unit:
            fill(unit, wanted)
        stored = time.monotonic()
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            bulk.tidy(connection)
        done = time.monotonic()
    click.echo(
        f"{tickets} tickets with {comments} comments each, {assets} assets, {people + technicians} people: "
        f"stored in {stored - begun:.1f} s, tidied in {done - stored:.1f} s."
    )
