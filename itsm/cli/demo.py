"""``itsm demo``: the demonstration company, its simulated fleet, its mail catcher and the product, in one command."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import click
import flask_migrate
from flask import Flask
from sqlalchemy import select

from itsm.cli.application import make
from itsm.cli.processes import Household, split_bind
from itsm.demo import company, network
from itsm.demo.mailsink import MailFolder, catching
from itsm.demo.views import mail_folder
from itsm.discovery.models import Network
from itsm.infra.db import db
from itsm.infra.settings import load
from itsm.infra.unit import transaction
from itsm.kernel.actor import Actor, Door
from itsm.org.models import Location, Organization

PATIENCE = 30.0
"""Seconds the fleet may take until it answers."""


@click.command()
@click.option("--bind", help="host:port to listen on; default: ITSM_BIND.")
@click.option("--net", default="127.42.0.0/24", show_default=True, help="Loopback range of the simulated fleet.")
@click.option("--port", default=1161, show_default=True, help="Its SNMP port.")
@click.option("--ssh-port", default=2222, show_default=True, help="Its SSH port.")
@click.option("--load-only", is_flag=True, help="Found the company and stop; serve nothing.")
def demo(bind: str | None, net: str, port: int, ssh_port: int, load_only: bool) -> None:
    """Serve the demonstration company (made at the first start, in var/demo unless ITSM_DATA_DIR says otherwise)."""
    os.environ.setdefault("ITSM_DATA_DIR", "var/demo")
    os.environ["ITSM_DEMO"] = "true"
    if bind:
        os.environ["ITSM_BIND"] = bind
    settings = load()
    split_bind(settings.bind)
    folder = settings.data_dir.resolve()
    ready = folder / "fleet-ready.json"
    ready.unlink(missing_ok=True)
    fleet = [sys.executable, "-m", "itsm.demo.fleet", "--net", net, "--port", str(port), "--ssh-port", str(ssh_port)]
    fleet += ["--data", str(folder / "fleet"), "--ready-file", str(ready), "--parent-pid", str(os.getpid())]
    with catching(MailFolder(mail_folder(settings))) as mail_port:
        os.environ.update(ITSM_MAIL_HOST="127.0.0.1", ITSM_MAIL_PORT=str(mail_port))
        app = make()
        house = Household({"fleet": fleet}, dict(os.environ))
        stopped: list[int] = []
        keeper = threading.Thread(target=lambda: stopped.append(house.keep()), daemon=True)
        house.catch_signals()
        keeper.start()
        try:
            prepare(app, ready)
            if not load_only:
                house.add("serve", [sys.executable, "-m", "itsm.cli", "serve"])
                house.add("worker", [sys.executable, "-m", "itsm.cli", "worker"])
                keeper.join()
        finally:
            house.stop()
            keeper.join(timeout=60)


def prepare(app: Flask, ready: Path) -> None:
    """Bring the schema up and found the company, once; print its sign-ins."""
    with app.app_context():
        flask_migrate.upgrade()
        sign_ins: list[company.SignIn] = []
        with transaction(Actor.house(Door.CLI, name="demonstration")) as unit:
            sign_ins = company.found(unit)
        described = wait_for(ready)
        with transaction(Actor.house(Door.CLI, name="demonstration")) as unit:
            if unit.session.scalar(select(Network.id).limit(1)) is None:
                home = unit.session.scalars(select(Organization.id).order_by(Organization.id)).first()
                place = unit.session.scalars(select(Location.id).order_by(Location.id)).first()
                network.enter(unit, home or 0, place, network.read_ready(described))
        db.session.remove()
        db.engine.dispose()
        keep_sign_ins(app.extensions["itsm.settings"].data_dir, sign_ins)


def wait_for(ready: Path) -> Path:
    """Return the fleet's ready file once it is there. Raises ClickException when the fleet does not come up."""
    limit = time.monotonic() + PATIENCE
    while not ready.is_file():
        if time.monotonic() > limit:
            raise click.ClickException(
                "The simulated fleet does not start: is its port taken? See --port and --ssh-port."
            )
        time.sleep(0.1)
    return ready


def keep_sign_ins(folder: Path, sign_ins: list[company.SignIn]) -> None:
    """Print the sign-ins; keep them in a file that only its owner may read, so that a restart can print them again."""
    file = folder / "sign-ins.txt"
    if sign_ins:
        width = max(len(one.login) for one in sign_ins)
        lines = [f"  {one.login:{width}}  {one.password:40}  {one.who}" for one in sign_ins]
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as kept:
            kept.write("\n".join(lines) + "\n")
    if file.is_file():
        click.echo(f"\n  Sign-ins of the demonstration (made for this copy; kept in {file}):\n")
        click.echo(file.read_text(encoding="utf-8"))
