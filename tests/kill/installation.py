"""An installation of the product in processes of its own, which can be killed, and an application to look at what it
left."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import flask_migrate
from flask import Flask

from itsm.app import create_app
from itsm.infra.db import db
from itsm.infra.settings import load

ROOT: Final = Path(__file__).resolve().parents[2]
SECRET: Final = "tests only"
PATIENCE: Final = 120.0
"""Seconds that anything may take on a busy machine before a test gives up."""


def free_port() -> int:
    """Return a TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Installation:
    """A data directory and a database (``url`` empty: SQLite in it), migrated; ``app`` is the application on them."""

    def __init__(self, folder: Path, url: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port: Final = free_port()
        self.log: Final = folder / "log"
        given = {"data_dir": str(folder), "database_url": url, "secret_key": SECRET}
        given |= {"bind": f"127.0.0.1:{self.port}", "base_url": f"http://127.0.0.1:{self.port}"}
        plain = {name: value for name, value in os.environ.items() if not name.startswith("ITSM_")}
        self.environment: Final = plain | {f"ITSM_{name.upper()}": value for name, value in given.items()}
        self.app: Final[Flask] = create_app(load(**given))
        self.app.testing = True
        with self.app.app_context():
            flask_migrate.upgrade()
        self.let_go()

    def let_go(self) -> None:
        """Close our own connections to the database."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def start(self, *module: str) -> subprocess.Popen[bytes]:
        """Start a Python module with arguments on this installation, as the leader of a process group."""
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", *module],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @contextlib.contextmanager
    def running(self, *module: str) -> Iterator[subprocess.Popen[bytes]]:
        """Start a module; kill it and what it started in the end."""
        process = self.start(*module)
        try:
            yield process
        finally:
            kill(process)

    def wait_until_served(self, process: subprocess.Popen[bytes]) -> None:
        """Return once pages are served. Raises RuntimeError with the end of the log where that does not happen."""
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit and process.poll() is None:
            with contextlib.suppress(OSError, http.client.HTTPException):
                line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
                with contextlib.closing(line):
                    line.request("GET", "/healthz")
                    if line.getresponse().status == 200:
                        return
            time.sleep(0.05)
        raise RuntimeError(f"nothing is served: {self.log.read_text('utf-8', 'replace')[-2000:]}")


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started, at once."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def children(pid: int) -> list[int]:
    """Return the processes that a process started."""
    with contextlib.suppress(OSError):
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []
