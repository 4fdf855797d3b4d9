"""A probe in a process of its own, the way to its database through a proxy that can be cut, and the house's worker here."""

from __future__ import annotations

import contextlib
import os
import select as selecting
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]


class Proxy:
    """A TCP port in front of PostgreSQL's Unix socket. ``cut`` closes every connection and takes no new ones."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open = threading.Event()
        self._open.set()
        self._ended = False
        self._pairs: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.carried = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Cut the line."""
        self._open.clear()
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for one in pairs:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def restore(self) -> None:
        """Let connections through again."""
        self._open.set()

    def close(self) -> None:
        """End."""
        self._ended = True
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        while not self._ended:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if not self._open.is_set():
                near.close()
                continue
            far = socket.socket(socket.AF_UNIX)
            try:
                far.connect(self._target)
            except OSError:
                near.close()
                continue
            with self._lock:
                self._pairs |= {near, far}
            threading.Thread(target=self._carry, args=(near, far), daemon=True).start()

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        other = {near: far, far: near}
        with contextlib.suppress(OSError, ValueError):
            while True:
                for one in selecting.select([near, far], [], [], 30)[0]:
                    data = one.recv(65536)
                    if not data:
                        raise OSError
                    self.carried += len(data)
                    other[one].sendall(data)
        for one in (near, far):
            with contextlib.suppress(OSError):
                one.close()


class Site:
    """A probe's machine: its folder, and its process while it runs."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.log = home.with_name(home.name + ".log")
        self.process: subprocess.Popen[bytes] | None = None

    def command(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run one command of ``itsm probe`` to its end."""
        argv = [sys.executable, "-m", "itsm.cli", "probe", *arguments, "--home", str(self.home)]
        return subprocess.run(argv, input=stdin, capture_output=True, text=True, cwd=ROOT, env=plain(), timeout=120)

    def start(self, *options: str) -> None:
        """Start the probe."""
        argv = [sys.executable, "-m", "itsm.cli", "probe", "run", "--home", str(self.home), *options]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(argv, cwd=ROOT, env=plain(), stdout=log, stderr=log, start_new_session=True)

    def kill(self) -> None:
        """End the probe at once, in the middle of whatever it does."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def said(self) -> str:
        """Return the end of what it logged."""
        return self.log.read_text("utf-8", "replace")[-3000:] if self.log.exists() else ""


def plain() -> dict[str, str]:
    """Return our environment without the settings of an installation: a probe has none."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ITSM_")}


@contextlib.contextmanager
def worker(app: Any, wrap: Any) -> Iterator[None]:
    """Run the house's worker in a thread."""
    stop = threading.Event()
    options = {"wrap": wrap, "stop_event": stop, "install_signals": False}
    options |= {"heartbeat": 1.0, "stalled_after": 5.0, "poll": 0.1, "grace": 5.0}
    thread = threading.Thread(
        target=app.extensions["itsm.jobs"].run_worker, args=(None, 2), kwargs=options, daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=30)
        assert not thread.is_alive()


def until(true: Callable[[], Any], *, seconds: float = 90.0, otherwise: Callable[[], str] = lambda: "") -> Any:
    """Wait until the condition holds, and return its value."""
    limit = time.monotonic() + seconds
    while not (value := true()):
        assert time.monotonic() < limit, f"not true within {seconds} s. {otherwise()}"
        time.sleep(0.1)
    return value
