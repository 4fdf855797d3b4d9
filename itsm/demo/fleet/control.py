"""Pulling a running fleet's strings from another process, over a socket in the fleet's folder.

A request is one line of JSON, ``{"do": "silence", "name": "prn-mono"}``, and so is the answer. Only the owner of
the folder can reach it.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from itsm.demo.fleet.fleet import Fleet

SOCKET_NAME: Final = "control"
_LONGEST: Final = 65536
_PATIENCE: Final = 30.0


class ControlError(Exception):
    """The fleet refused a request, or isn't there to hear it."""


@contextlib.contextmanager
def _within_reach(folder: Path) -> Iterator[str]:
    """Yield a path to the socket in ``folder`` that is short enough for a socket's address, however deep it lies."""
    handle = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}/{SOCKET_NAME}"
    finally:
        os.close(handle)


class _Handler(socketserver.StreamRequestHandler):
    timeout = _PATIENCE
    server: _Listener

    def handle(self) -> None:
        """Answer one request."""
        try:
            answer = obey(self.server.fleet, json.loads(self.rfile.readline(_LONGEST)))
        except (KeyError, IndexError, TypeError, ValueError) as error:
            answer = {"ok": False, "error": str(error) or type(error).__name__}
        self.wfile.write(json.dumps(answer).encode() + b"\n")


class _Listener(socketserver.UnixStreamServer):
    def __init__(self, folder: Path, fleet: Fleet) -> None:
        self.fleet = fleet
        with _within_reach(folder) as path:
            super().__init__(path, _Handler)


def obey(fleet: Fleet, request: dict[str, Any]) -> dict[str, Any]:
    """Carry out a request: silence, wake, change, plug or list. Raises ValueError or KeyError for nonsense."""
    deed = request["do"]
    if deed == "silence":
        fleet.silence(request["name"])
    elif deed == "wake":
        fleet.wake(request["name"])
    elif deed == "change":
        fleet.change(request["name"], request["path"], request["value"])
    elif deed == "plug":
        fleet.plug(request["name"], request["port"], request["mac"])
    elif deed == "list":
        return {"ok": True, "devices": fleet.addresses}
    else:
        raise ValueError(f"unknown request {deed!r}")
    return {"ok": True}


class Control:
    """Listens for requests while the fleet runs."""

    def __init__(self, fleet: Fleet, folder: Path) -> None:
        self._path = folder / SOCKET_NAME
        self._path.unlink(missing_ok=True)
        self._listener = _Listener(folder, fleet)
        self._path.chmod(0o600)
        self._thread = threading.Thread(target=self._listener.serve_forever, name="fleet-control", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening."""
        self._listener.shutdown()
        self._thread.join()
        self._listener.server_close()
        self._path.unlink(missing_ok=True)


def tell(folder: Path, **request: Any) -> dict[str, Any]:
    """Send a request to the fleet that runs in ``folder`` and return its answer. Raises ControlError."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_PATIENCE)
        try:
            with _within_reach(folder) as path:
                connection.connect(path)
            connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile("rb") as stream:
                answer = json.loads(stream.readline(_LONGEST * 16))
        except (OSError, ValueError) as error:
            raise ControlError(f"no fleet answers in {folder}: {error}") from error
    if not isinstance(answer, dict) or not answer.get("ok"):
        raise ControlError(str(answer.get("error")) if isinstance(answer, dict) else "strange answer")
    return answer
