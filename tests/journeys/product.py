"""The product as a stranger starts it: real processes on free ports, with or without the demonstration company."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.kill.installation import PATIENCE, ROOT, free_port

_SIGN_IN: Final = re.compile(r"\s+(?P<login>\S+@\S+)\s+(?P<password>.+?)\s{2,}")


@dataclass
class Product:
    """A running installation: its address, its folder, what it printed, and the sign-ins of the demonstration."""

    address: str
    folder: Path
    log: Path
    sign_ins: dict[str, str] = field(default_factory=dict)

    @property
    def printed(self) -> str:
        """Return what it wrote to the console so far."""
        return self.log.read_text("utf-8", "replace")


@contextlib.contextmanager
def empty(folder: Path, url: str = "") -> Iterator[Product]:
    """Run an installation in which nobody administers the house yet."""
    port = free_port()
    environment = _environment(folder, port, url)
    made = [sys.executable, "-m", "itsm.cli", "db", "upgrade"]
    subprocess.run(made, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=PATIENCE)
    with _running(["run"], environment, folder, port) as product:
        yield product


@contextlib.contextmanager
def demonstration(folder: Path, *, net: str, url: str = "") -> Iterator[Product]:
    """Run the demonstration company with its fleet on a loopback range and its mail catcher."""
    port = free_port()
    words = ["demo", "--net", net, "--port", str(free_port()), "--ssh-port", str(free_port())]
    with _running(words, _environment(folder, port, url), folder, port) as product:
        for line in (folder / "sign-ins.txt").read_text("utf-8").splitlines():
            if found := _SIGN_IN.match(line):
                product.sign_ins[found["login"].partition("@")[0]] = found["password"]
        yield product


def _environment(folder: Path, port: int, url: str) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("ITSM_")}
    given = {"DATA_DIR": str(folder), "DATABASE_URL": url, "BIND": f"127.0.0.1:{port}", "WEB_THREADS": "4"}
    return plain | {"PYTHONUNBUFFERED": "1"} | {f"ITSM_{name}": value for name, value in given.items()}


@contextlib.contextmanager
def _running(words: list[str], environment: dict[str, str], folder: Path, port: int) -> Iterator[Product]:
    product = Product(f"http://127.0.0.1:{port}", folder, folder / "printed.txt")
    with product.log.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "itsm.cli", *words],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait_until_served(process, product, port)
        yield product
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_until_served(process: subprocess.Popen[bytes], product: Product, port: int) -> None:
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit and process.poll() is None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            with contextlib.closing(line):
                line.request("GET", "/healthz")
                if line.getresponse().status == 200:
                    return
        time.sleep(0.1)
    raise RuntimeError(f"it does not start: {product.printed[-3000:]}")
