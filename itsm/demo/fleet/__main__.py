"""The fleet in a process of its own: ``python -m itsm.demo.fleet``. See ``--help``.

It ends on SIGTERM or SIGINT, or with the process that ``--parent-pid`` names. Once everything answers it writes
the ready file: JSON with the ports, the addresses by name, and what opens the doors.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from itsm.demo.fleet.control import Control, ControlError, tell
from itsm.demo.fleet.fleet import DEFAULT_NET, DEFAULT_PORT, DEFAULT_SSH_PORT, Fleet
from itsm.demo.fleet.generate import Crowd
from itsm.demo.fleet.secrets import COMMUNITY, SSH_USER, V3_USER


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m itsm.demo.fleet", description="A simulated network on loopback.")
    parser.add_argument("--net", default=DEFAULT_NET, help="loopback network of the devices (%(default)s)")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="UDP port for SNMP, 0 for any (%(default)s)")
    parser.add_argument("--ssh-port", type=int, default=DEFAULT_SSH_PORT, help="TCP port for SSH, 0 for any")
    parser.add_argument("--data", type=Path, default=Path("var/fleet"), help="folder of its keys (%(default)s)")
    parser.add_argument("--ready-file", type=Path, help="written once everything answers")
    parser.add_argument("--parent-pid", type=int, help="end when this process ends")
    parser.add_argument("--count", type=int, default=0, help="instead: so many generated devices (SNMP only)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the generated devices")
    deeds = parser.add_subparsers(dest="deed", title="strings of the fleet that runs in the same --data")
    for deed in ("silence", "wake"):
        deeds.add_parser(deed).add_argument("name")
    change = deeds.add_parser("change", help="e.g. change lt-amelie memory.1.size_gb 32")
    plug = deeds.add_parser("plug", help="e.g. plug acc-sw1 17 02:00:5e:10:00:01; MAC 'none' pulls it out")
    for deed_parser, names in ((change, ("name", "path", "value")), (plug, ("name", "port", "mac"))):
        for name in names:
            deed_parser.add_argument(name)
    return parser.parse_args(words)


def _pull(options: argparse.Namespace) -> int:
    request: dict[str, Any] = {"name": options.name}
    if options.deed == "change":
        try:
            request |= {"path": options.path, "value": json.loads(options.value)}
        except ValueError:
            request |= {"path": options.path, "value": options.value}
    elif options.deed == "plug":
        request |= {"port": options.port, "mac": None if options.mac == "none" else options.mac}
    try:
        tell(options.data, do=options.deed, **request)
    except ControlError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _write_ready(path: Path, content: dict[str, Any]) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    fresh.replace(path)


def _description(fleet: Fleet) -> dict[str, Any]:
    return {
        "pid": os.getpid(), "net": fleet.net, "port": fleet.port, "ssh_port": fleet.ssh_port,
        "devices": fleet.addresses, "community": COMMUNITY, "ssh_user": SSH_USER,
        "ssh_key_file": str(fleet.secrets.ssh_key_file.resolve()),
        "v3": {"user": V3_USER.name, "auth": "SHA-256", "auth_password": V3_USER.auth_password,
               "privacy": "AES-256", "privacy_password": V3_USER.privacy_password},
    }  # fmt: skip


def _wait(parent: int | None) -> None:
    """Wait for a signal to end, or for the parent's end."""
    heard, waker = socket.socketpair()
    waker.setblocking(False)

    def wake(_number: int, _frame: FrameType | None) -> None:
        waker.send(b"x")

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, wake)
    watched: list[int | socket.socket] = [heard]
    if parent is not None:
        try:
            watched.append(os.pidfd_open(parent))
        except ProcessLookupError:
            watched.clear()
    if watched:
        select.select(watched, [], [])
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    heard.close()
    waker.close()


def main(words: Sequence[str] | None = None) -> int:
    """Run the fleet, or pull a string of the one that runs. Returns the exit status."""
    options = _arguments(sys.argv[1:] if words is None else words)
    if options.deed:
        return _pull(options)
    try:
        if options.count:
            return _run_crowd(options)
        with Fleet(options.data, net=options.net, port=options.port, ssh_port=options.ssh_port) as fleet:
            control = Control(fleet, options.data)
            try:
                if options.ready_file:
                    _write_ready(options.ready_file, _description(fleet))
                _wait(options.parent_pid)
            finally:
                control.stop()
    except (OSError, ValueError) as error:
        sys.stderr.write(f"the fleet cannot start: {error}\n")
        return 1
    return 0


def _run_crowd(options: argparse.Namespace) -> int:
    with Crowd(options.count, seed=options.seed, net=options.net, port=options.port) as crowd:
        if options.ready_file:
            ready = {"pid": os.getpid(), "net": crowd.net, "port": crowd.port, "count": options.count}
            _write_ready(options.ready_file, {**ready, "community": COMMUNITY})
        _wait(options.parent_pid)
    return 0


if __name__ == "__main__":
    sys.exit(main())
