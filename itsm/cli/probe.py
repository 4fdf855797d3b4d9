"""``itsm probe``: a probe at another site, live or by files; and at the main site the files that go to and fro."""

from __future__ import annotations

import logging
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.engine import URL

from itsm.cli.application import running
from itsm.discovery.enums import ProbeDoor
from itsm.discovery.models import Network, Probe
from itsm.discovery.probe.remote import zipapp
from itsm.discovery.probe.remote.envelope import Refused
from itsm.discovery.probe.remote.home import Home, card
from itsm.discovery.probe.remote.offline import run_file
from itsm.discovery.probe.remote.post import Post, enrol
from itsm.discovery.services import order_files, parts, probes
from itsm.infra.jobs import roles
from itsm.infra.jobs.engine import Jobs
from itsm.infra.jobs.retry import Retry
from itsm.infra.unit import transaction
from itsm.kernel.actor import Actor, Door
from itsm.kernel.clock import SystemClock
from itsm.kernel.errors import Refusal

HOME = Path("/var/lib/itsm-probe")
HOUSE = "here"
at_home = click.option(
    "--home",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=HOME,
    show_default=True,
    help="Where the probe keeps its keys and its spool.",
)


@click.group()
def probe() -> None:
    """A probe at another site: enrol and run it there; export orders and import results at the main site."""


@probe.command("enrol")
@click.argument("token_file", type=click.File("r"), default="-")
@at_home
@click.option(
    "--sslmode", default="", help="How the database connection is secured; default: require, off this machine."
)
@click.option("--sslrootcert", default="", help="Certificate by which the database server is known, for verify-full.")
def enrol_here(token_file: Any, folder: Path, sslmode: str, sslrootcert: str) -> None:
    """Make this machine a probe, with the one-time token from the page of probes (in TOKEN_FILE, or typed in)."""
    try:
        fingerprint = enrol(Home(folder), token_file.read(), sslmode=sslmode, sslrootcert=sslrootcert)
    except Refused as refusal:
        raise click.ClickException(str(refusal)) from refusal
    click.echo(f"Enrolled. Compare the fingerprint with the page of this probe: {fingerprint}")


@probe.command("init")
@click.argument("name")
@click.option("--house", "house", help="The main site's card, as its page of probes shows it.")
@at_home
def init(name: str, house: str | None, folder: Path) -> None:
    """Make this machine a probe NAME that works with files, and print its card for the main site."""
    try:
        click.echo(zipapp.settle(Home(folder), name, house))
    except (Refused, OSError) as error:
        raise click.ClickException(str(error)) from error


@probe.command("run")
@at_home
@click.option("--room", default=512, type=click.IntRange(1, 1 << 20), show_default=True, help="MiB the spool may hold.")
@click.option(
    "--keep-schedules-after", default=300.0, type=click.FloatRange(1), show_default=True, help="Seconds cut off."
)
def run(folder: Path, room: int, keep_schedules_after: float) -> None:
    """Take orders from the main site, sweep, and deliver, until stopped."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    try:
        post = Post(Home(folder), room=room * 1024 * 1024, cut_for=keep_schedules_after)
    except Refused as refusal:
        raise click.ClickException(str(refusal)) from refusal
    threads = post.start()
    jobs = Jobs(_address(post.told), clock=SystemClock())
    jobs.task(name=parts.ORDER, retry=Retry(attempts=1000, longest=timedelta(minutes=5)))(post.take_order)
    queue = roles.probe_queue(post.identity.name)
    try:
        jobs.run_worker([queue], 1, wrap=lambda call: call(), caretaker=False)
    finally:
        post.stop()
        for thread in threads:
            thread.join(timeout=20)


def _address(told: dict[str, Any]) -> str:
    options = {"sslmode": told.get("sslmode") or "prefer", "connect_timeout": "10", "tcp_user_timeout": "15000"}
    if told.get("sslrootcert"):
        options["sslrootcert"] = told["sslrootcert"]
    host = str(told["host"])
    if host.startswith("/"):
        options, host = {**options, "host": host, "port": str(told["port"])}, ""
    url = URL.create(
        "postgresql+psycopg",
        username=told["role"],
        password=told["password"],
        host=host or None,
        port=int(told["port"]) if host else None,
        database=told["database"],
        query=options,
    )
    return url.render_as_string(hide_password=False)


@probe.command("run-file")
@click.argument("order", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("-o", "--output", "result", required=True, type=click.Path(dir_okay=False, path_type=Path))
@at_home
def run_order(order: Path, result: Path, folder: Path) -> None:
    """Work by an ORDER file, without any connection, and write the result to carry back."""
    stopped: list[bool] = []
    signal.signal(signal.SIGTERM, lambda _number, _frame: stopped.append(True))
    signal.signal(signal.SIGINT, lambda _number, _frame: stopped.append(True))
    try:
        done = run_file(Home(folder), order, result, say=lambda _: None, should_stop=lambda: bool(stopped))
    except Refused as refusal:
        raise click.ClickException(str(refusal)) from refusal
    if not done:
        raise click.ClickException("Stopped before the end. Run the same command again: it goes on where it was.")
    click.echo(f"Carry {result} to the main site: itsm probe import {result.name}, or upload it on the page of probes.")


@probe.command("build")
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--with-native", is_flag=True, help="Also lay compiled packages for this kind of machine beside it.")
def build(output: Path, with_native: bool) -> None:
    """Write the probe as one file that a bare Python 3.11 or newer runs."""
    click.echo(zipapp.build(output, with_native=with_native))


@probe.command("export-order")
@click.argument("name")
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--network", "networks", multiple=True, help="Only this network of the probe; may be repeated.")
@click.option("--days", default=order_files.LASTS.days, type=click.IntRange(1, 90), show_default=True)
def export_order(name: str, output: Path, networks: tuple[str, ...], days: int) -> None:
    """Write an order for the probe NAME, sealed for it alone, to be carried there (at the main site)."""
    actor = Actor.house(Door.CLI)
    try:
        with running(log_level="error"), transaction(actor) as unit:
            found = unit.session.scalars(select(Probe).where(Probe.name == name)).one_or_none()
            if found is None:
                raise click.ClickException(f"There is no probe named {name}.")
            wanted = select(Network).where(Network.probe == name).order_by(Network.id)
            chosen = [row for row in unit.session.scalars(wanted) if not networks or row.name in networks]
            lasts = timedelta(days=days)
            part, order = order_files.export_order(actor, found, chosen, now=unit.now, lasts=lasts)
            output.write_bytes(order)
            sweep_id = part.sweep_id
    except Refusal as refusal:
        raise click.ClickException(_said(refusal)) from refusal
    click.echo(f"Sweep {sweep_id} waits for the result. At the site: itsm probe run-file {output.name} -o RESULT")


@probe.command("import")
@click.argument("result", type=click.File("rb"))
def import_result(result: Any) -> None:
    """Take over the RESULT that a probe wrote for an order (at the main site)."""
    actor = Actor.house(Door.CLI)
    try:
        with running(log_level="error"), transaction(actor) as unit:
            part, count = order_files.import_result(actor, result, now=unit.now)
            sweep_id = part.sweep_id
    except Refusal as refusal:
        raise click.ClickException(_said(refusal)) from refusal
    if not count:
        click.echo(f"This result of sweep {sweep_id} was taken over before; nothing changed.")
    else:
        click.echo(f"{count} deliveries of sweep {sweep_id} were taken over; the worker takes them in.")


def _said(refusal: Refusal) -> str:
    errors = getattr(refusal, "errors", {})
    return " ".join(" ".join(said) for said in errors.values()) or refusal.message


@probe.command("list")
def list_probes() -> None:
    """Show the probes and the card of this installation, which probes that work with files need (at the main site)."""
    with running(log_level="error"), transaction(Actor.house(Door.CLI)) as unit:
        for row in unit.session.scalars(select(Probe).order_by(Probe.name)):
            state = "revoked" if row.revoked_at else "enrolled" if row.is_enrolled else "invited"
            way = "live" if row.door is ProbeDoor.DATABASE else "files"
            click.echo(f"{row.name}\t{way}\t{state}\t{row.heard_at or 'never heard'}")
        click.echo(card(HOUSE, probes.house_keys(unit.session)))
