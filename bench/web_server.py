"""What the web measurements share: a server of our own on loopback, its processes' CPU time, a signed-in session."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select

from itsm.accounts.models import RoleGrant, UserAccount
from itsm.accounts.services.sessions import open_session
from itsm.cli.application import running
from itsm.infra.unit import transaction
from itsm.kernel.actor import Actor, Role

TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """Return a loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serving(argv: list[str], port: int, environment: Mapping[str, str] | None = None) -> Iterator[int]:
    """Start a server, wait until it accepts, give its process id, and stop it with its children afterwards."""
    process = subprocess.Popen(
        argv, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        limit = time.monotonic() + 60
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(f"the server did not start: {argv}")
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=10)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as link:
            link.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return link.recv(12).startswith(b"HTTP/1.1")
    except OSError:
        return False


def itsm_serve(port: int) -> list[str]:
    """Return the command that serves the product as it is delivered."""
    return [sys.executable, "-m", "itsm.cli", "serve", "--bind", f"127.0.0.1:{port}"]


def cpu_ms(root: int) -> float:
    """Return the CPU time that a process and all its descendants, living and reaped, have used, in milliseconds."""
    children: dict[int, list[int]] = {}
    used: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                children.setdefault(int(fields[1]), []).append(int(entry.name))
                used[int(entry.name)] = sum(map(int, fields[11:15]))
    total, waiting = 0, [root]
    while waiting:
        process = waiting.pop()
        total += used.get(process, 0)
        waiting += children.get(process, [])
    return total * 1000 / TICKS


def sign_in(role: Role | None) -> str:
    """Open a session for the first account that has this role (None: none at all); return its cookie header."""
    with running() as app:
        with transaction(Actor.house()) as unit:
            granted = select(RoleGrant.user_id)
            wanted = select(UserAccount.id).order_by(UserAccount.id).limit(1)
            if role is None:
                wanted = wanted.where(UserAccount.id.not_in(granted))
            else:
                wanted = wanted.where(UserAccount.id.in_(granted.where(RoleGrant.role == role)))
            user_id = unit.session.scalars(wanted).one()
        return open_for(app, user_id)


def open_for(app: Flask, user_id: int) -> str:
    """Open a session for an account in an application whose context is open; return its cookie header."""
    with transaction(Actor.house()) as unit:
        token = open_session(user_id, lasts=timedelta(days=1), address="127.0.0.1", browser="bench", now=unit.now)
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    value = serializer.dumps({"_user_id": token, "_fresh": True, "csrf_token": "0" * 40})
    return f"{app.config['SESSION_COOKIE_NAME']}={value}"


def csrf_token() -> str:
    """Return a form token that is valid for the sessions of :func:`sign_in`."""
    with running() as app:
        return str(URLSafeTimedSerializer(str(app.secret_key), salt="wtf-csrf-token").dumps("0" * 40))


def find(pattern: str, body: bytes) -> str:
    """Return the first group of a pattern in a page. Raises LookupError where it is not there."""
    found = re.search(pattern, body.decode())
    if found is None:
        raise LookupError(f"the page has no {pattern}")
    return found[1]
