"""``itsm serve``, ``itsm worker`` and ``itsm run``: the processes of an installation."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import click
from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings

from itsm.accounts.services import first_run
from itsm.cli.application import make
from itsm.infra import logs
from itsm.infra.db import db
from itsm.infra.settings import Settings, load
from itsm.infra.unit import transaction
from itsm.kernel.actor import Actor, Door

SLOWEST_RESTART = 30.0
MOST_CONNECTIONS = 8192
"""How many connections one web process holds at a time. It must be more than one laptop opens to be a nuisance: with
512 a process, 1,500 slow ones kept out 9 of 20 ordinary visitors (docs/adr/0007-granian.md)."""
SLOWEST_HEADERS_MS = 10_000
"""Whoever has not sent a whole request head by then is hung up on."""


def split_bind(bind: str) -> tuple[str, int]:
    """Return host and port of ``host:port`` (``[::1]:8000`` for IPv6). Raises UsageError for anything else."""
    host, colon, port = bind.rpartition(":")
    if not colon or not port.isdigit() or not host:
        raise click.UsageError(f"{bind!r} is not host:port, for example 127.0.0.1:8000.")
    return host.strip("[]"), int(port)


def allow_many_connections() -> None:
    """Raise our soft limit of open files, which Debian sets to 1,024, to what the system allows us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * MOST_CONNECTIONS if hard == resource.RLIM_INFINITY else min(4 * MOST_CONNECTIONS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def announce(app: Flask) -> None:
    """Print the address, and the first-run code where nobody administers the house yet."""
    settings: Settings = app.extensions["itsm.settings"]
    with app.app_context():
        code = None
        if first_run.is_open(db.session()):
            with transaction(Actor.house(Door.CLI)) as unit:
                code = first_run.new_code(now=unit.now)
        db.session.remove()
        db.engine.dispose()
    click.echo(f"\n  itsm is at {settings.base_url}/")
    if code:
        click.echo(f"  First run: open {settings.base_url}/first-run and enter the code  {code}")
    click.echo("")
    sys.stdout.flush()


@click.command()
@click.option("--bind", help="host:port to listen on; default: ITSM_BIND.")
def serve(bind: str | None) -> None:
    """Serve the pages."""
    settings = load(**({"bind": bind} if bind else {}))
    logs.configure(settings)
    host, port = split_bind(settings.bind)
    announce(make(**({"bind": bind} if bind else {})))
    allow_many_connections()
    server: Any = Granian(
        "wsgi:app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=settings.web_workers,
        blocking_threads=settings.web_threads,
        backlog=4096,
        backpressure=MOST_CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=SLOWEST_HEADERS_MS),
        respawn_failed_workers=True,
        workers_kill_timeout=30,
        websockets=False,
        log_enabled=settings.log_level == "debug",
    )
    server.serve()


def in_context(app: Flask) -> Callable[[Callable[[], Any]], Any]:
    """Return the wrapper in which jobs run: an application context of their own, the session removed afterwards."""

    def wrap(call: Callable[[], Any]) -> Any:
        with app.app_context():
            try:
                return call()
            finally:
                db.session.remove()

    return wrap


@click.command()
@click.option("--queue", "queues", multiple=True, help="Serve only this queue; may be given several times.")
def worker(queues: tuple[str, ...]) -> None:
    """Run jobs and schedules until stopped."""
    app = make()
    settings: Settings = app.extensions["itsm.settings"]
    app.extensions["itsm.jobs"].run_worker(list(queues) or None, settings.job_threads, wrap=in_context(app))


@click.command()
@click.option("--bind", help="host:port to listen on; default: ITSM_BIND.")
def run(bind: str | None) -> None:
    """Serve the pages, run jobs and schedules: everything in one command."""
    settings = load(**({"bind": bind} if bind else {}))
    logs.configure(settings)
    environment = dict(os.environ, **({"ITSM_BIND": bind} if bind else {}))
    cli = [sys.executable, "-m", "itsm.cli"]
    house = Household({"serve": [*cli, "serve"], "worker": [*cli, "worker"]}, environment)
    house.catch_signals()
    sys.exit(house.keep())


class Household:
    """Child processes that are kept alive until we are told to stop; they end when we do."""

    def __init__(self, commands: dict[str, list[str]], environment: dict[str, str]) -> None:
        self._commands = dict(commands)
        self._environment = environment
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._pauses: dict[str, float] = {}
        self._due: dict[str, float] = {}
        self._stopping = False

    def add(self, name: str, argv: list[str]) -> None:
        """Keep one more child."""
        self._commands = {**self._commands, name: argv}

    def catch_signals(self) -> None:
        """Stop on SIGTERM and SIGINT; for the main thread only."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: self.stop())

    def stop(self) -> None:
        """Ask :meth:`keep` to end the children and return."""
        self._stopping = True

    def keep(self) -> int:
        """Start the children, restart those that fail (ever slower), and return 0 once told to stop."""
        while not self._stopping:
            for name, argv in self._commands.items():
                self._tend(name, argv)
            time.sleep(0.2)
        return self._end()

    def _tend(self, name: str, argv: list[str]) -> None:
        child = self._children.get(name)
        if child is not None and child.poll() is None:
            return
        now = time.monotonic()
        if child is not None and name not in self._due:
            pause = self._pauses.get(name, 0.5)
            click.echo(f"itsm: {name} ended with {child.returncode}; starting it again", err=True)
            self._due[name], self._pauses[name] = now + pause, min(pause * 2, SLOWEST_RESTART)
        if now >= self._due.get(name, 0.0):
            self._due.pop(name, None)
            self._children[name] = subprocess.Popen(argv, env=self._environment, start_new_session=True)  # noqa: S603

    def _end(self) -> int:
        for child in self._children.values():
            child.terminate()
        limit = time.monotonic() + 40
        for child in self._children.values():
            try:
                child.wait(timeout=max(0.1, limit - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
        return 0
