"""The fleet as a process: ready file, control from outside, ends that are clean."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from itsm.demo.fleet import Fleet
from itsm.demo.fleet.control import Control, ControlError, tell
from tests.demo.fleet.asking import ask, community

NAME = "1.3.6.1.2.1.1.5.0"


def start(folder: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "itsm.demo.fleet", "--data", str(folder), "--port", "0", "--ssh-port", "0"]
    command += ["--ready-file", str(folder / "ready"), *more]
    return subprocess.Popen(command, text=True, stderr=subprocess.PIPE)


def ready(folder: Path, process: subprocess.Popen[str]) -> dict[str, object]:
    deadline = time.monotonic() + 30
    while not (folder / "ready").exists():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.05)
    content: dict[str, object] = json.loads((folder / "ready").read_text())
    return content


def finish(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> tuple[int, str]:
    process.send_signal(number)
    _out, errors = process.communicate(timeout=15)
    return process.returncode, errors


def test_it_tells_where_it_answers_and_ends_cleanly(tmp_path: Path) -> None:
    process = start(tmp_path, "--net", "127.43.3.0/24")
    try:
        told = ready(tmp_path, process)
        assert told["pid"] == process.pid
        address, port = told["devices"]["nas1"], told["port"]
        assert address == "127.43.3.40"
        assert ask(address, port, community(), NAME) == {NAME: "nas1"}
        tell(tmp_path, do="silence", name="nas1")
        assert ask(address, port, community(), NAME, timeout=0.3) == "No SNMP response received before timeout"
        tell(tmp_path, do="wake", name="nas1")
        tell(tmp_path, do="change", name="nas1", path="serial", value="2290SGRZZZZZZ")
        assert ask(address, port, community(), "1.3.6.1.4.1.6574.1.5.2.0") == {
            "1.3.6.1.4.1.6574.1.5.2.0": "2290SGRZZZZZZ"
        }
        with pytest.raises(ControlError, match="nobody"):
            tell(tmp_path, do="silence", name="nobody")
        with pytest.raises(ControlError, match="unknown request"):
            tell(tmp_path, do="explode")
    finally:
        ended = finish(process)
    assert ended == (0, "")
    with pytest.raises(ControlError, match="no fleet answers"):
        tell(tmp_path, do="list")


def test_keys_and_boots_survive_a_restart(tmp_path: Path) -> None:
    seen = []
    for _start in range(2):
        process = start(tmp_path, "--net", "127.43.4.0/24")
        try:
            ready(tmp_path, process)
        finally:
            assert finish(process, signal.SIGINT) == (0, "")
        (tmp_path / "ready").unlink()
        key = (tmp_path / "host_keys" / "srv-web_ed25519").read_text()
        seen.append((key, (tmp_path / "snmp-engine-boots").read_text()))
    assert seen[0][0] == seen[1][0]
    assert [boots for _key, boots in seen] == ["1\n", "2\n"]
    assert (tmp_path / "inventory_ed25519").stat().st_mode & 0o777 == 0o600


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    process = start(tmp_path, "--net", "127.43.5.0/24", "--parent-pid", str(parent.pid))
    try:
        ready(tmp_path, process)
        parent.kill()
        parent.wait()
        assert process.wait(timeout=15) == 0
    finally:
        parent.kill()
        process.kill()
        process.communicate()


def test_a_fleet_deep_in_the_file_system_can_be_controlled(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["a-rather-long-name-of-a-folder"] * 5)
    with Fleet(folder, net="127.43.6.0/24") as fleet:
        control = Control(fleet, folder)
        try:
            assert tell(folder, do="list")["devices"]["fw1"] == "127.43.6.5"
            tell(folder, do="plug", name="acc-sw1", port="17", mac="02:00:5e:10:00:01")
            assert fleet.world["acc-sw1"]["plugged"] == {"17": "02:00:5e:10:00:01"}
            with pytest.raises(ControlError, match="cannot have mac"):
                tell(folder, do="change", name="acc-sw1", path="mac", value="nonsense")
        finally:
            control.stop()


def test_a_network_beyond_loopback_is_refused(tmp_path: Path) -> None:
    process = start(tmp_path, "--net", "10.0.0.0/24")
    _out, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert errors == "the fleet cannot start: 10.0.0.0/24 is not a network of loopback addresses\n"
