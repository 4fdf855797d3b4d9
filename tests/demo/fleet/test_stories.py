"""What the fleet can be made to do: values that live, devices that vanish, change and appear."""

from __future__ import annotations

import time

import paramiko
import pytest

from itsm.demo.fleet import Fleet
from itsm.demo.fleet.shell.commands import run
from itsm.demo.fleet.shell.machine import Machine
from tests.demo.fleet.asking import ask, community
from tests.demo.fleet.test_ssh import said, session

UPTIME, NAME = "1.3.6.1.2.1.1.3.0", "1.3.6.1.2.1.1.5.0"
SILENCE = "No SNMP response received before timeout"
FDB_PORT = "1.3.6.1.2.1.17.7.1.2.2.1.2"


def value(fleet: Fleet, name: str, oid: str, timeout: float = 2.0) -> str:
    found = ask(fleet.addresses[name], fleet.port, community(), oid, timeout=timeout)
    return found if isinstance(found, str) else found[oid]


def test_time_passes(own_fleet: Fleet) -> None:
    counter = "1.3.6.1.2.1.31.1.1.1.6.5"
    before = int(value(own_fleet, "acc-sw1", UPTIME)), int(value(own_fleet, "acc-sw1", counter))
    time.sleep(0.3)
    after = int(value(own_fleet, "acc-sw1", UPTIME)), int(value(own_fleet, "acc-sw1", counter))
    assert 25 <= after[0] - before[0] < 1000
    assert after[1] > before[1]


def test_toner_falls_and_pages_grow(own_fleet: Fleet) -> None:
    level, printed = "1.3.6.1.2.1.43.11.1.1.9.1.1", "1.3.6.1.2.1.43.10.2.1.4.1.1"
    assert value(own_fleet, "prn-mono", level) == "64"
    assert value(own_fleet, "prn-mono", printed) == "118402"
    own_fleet.change("prn-mono", "born", time.monotonic() - 100 * 3600)
    assert value(own_fleet, "prn-mono", level) == "29"
    assert value(own_fleet, "prn-mono", printed) == "119602"
    own_fleet.change("prn-mono", "supplies.0.level", 90)
    own_fleet.change("prn-mono", "pages", 5)
    assert value(own_fleet, "prn-mono", level) == "90"
    assert value(own_fleet, "prn-mono", printed) == "5"


def test_a_device_vanishes_and_comes_back(own_fleet: Fleet) -> None:
    mac = ".".join(str(octet) for octet in bytes.fromhex("80e82c4170d2"))
    assert value(own_fleet, "acc-sw1", f"{FDB_PORT}.30.{mac}") == "20"
    own_fleet.silence("prn-mono")
    assert value(own_fleet, "prn-mono", NAME, timeout=0.3) == SILENCE
    assert value(own_fleet, "acc-sw1", f"{FDB_PORT}.30.{mac}").startswith("No Such ")
    own_fleet.wake("prn-mono")
    assert value(own_fleet, "prn-mono", NAME) == "prn-mono"
    assert int(value(own_fleet, "prn-mono", UPTIME)) < 6000
    assert value(own_fleet, "acc-sw1", f"{FDB_PORT}.30.{mac}") == "20"


def test_a_silent_computer_opens_no_door(own_fleet: Fleet) -> None:
    own_fleet.silence("lt-carys")
    with pytest.raises((paramiko.SSHException, OSError, EOFError)), session(own_fleet, "lt-carys"):
        pass
    own_fleet.wake("lt-carys")
    with session(own_fleet, "lt-carys") as client:
        assert said(client, "hostname") == ("lt-carys\n", 0)


def test_a_memory_module_is_swapped(own_fleet: Fleet) -> None:
    own_fleet.change("lt-amelie", "memory.1.size_gb", 32)
    own_fleet.change("lt-amelie", "memory.1.serial", "93C0FFFF")
    output = run(Machine(own_fleet.world, "lt-amelie", 60.0), "dmidecode -t memory").stdout
    assert [line for line in output.splitlines() if "Size:" in line] == ["\tSize: 16 GB", "\tSize: 32 GB"]
    assert "\tSerial Number: 93C0FFFF" in output.splitlines()


def test_an_unknown_device_is_plugged_in_and_pulled_out(own_fleet: Fleet) -> None:
    where = f"{FDB_PORT}.10.2.0.94.16.0.1"
    own_fleet.plug("acc-sw1", "17", "02:00:5E:10:00:01")
    assert value(own_fleet, "acc-sw1", where) == "17"
    assert value(own_fleet, "core-sw1", where) == "73"
    assert value(own_fleet, "acc-sw1", "1.3.6.1.2.1.2.2.1.8.17") == "1"
    own_fleet.plug("acc-sw1", "17", None)
    assert value(own_fleet, "acc-sw1", where).startswith("No Such ")
    assert value(own_fleet, "acc-sw1", "1.3.6.1.2.1.2.2.1.8.17") == "2"


def test_firmware_is_upgraded_everywhere_it_is_told(own_fleet: Fleet) -> None:
    own_fleet.change("acc-sw2", "version", "WC.16.11.0016")
    assert "WC.16.11.0016" in value(own_fleet, "acc-sw2", "1.3.6.1.2.1.1.1.0")
    assert value(own_fleet, "acc-sw2", "1.3.6.1.2.1.47.1.1.1.1.10.1") == "WC.16.11.0016"
    assert value(own_fleet, "acc-sw2", "1.3.6.1.4.1.11.2.36.1.1.2.6.0") == "WC.16.11.0016"


def test_nonsense_changes_nothing(own_fleet: Fleet) -> None:
    with pytest.raises(ValueError, match="lt-amelie cannot have mac"):
        own_fleet.change("lt-amelie", "mac", "no address")
    assert own_fleet.world["lt-amelie"]["mac"] == "54:05:db:10:7a:41"
    with pytest.raises(ValueError, match="cannot have supplies"):
        own_fleet.change("prn-mono", "supplies.0.per_hour", "fast")
    assert value(own_fleet, "prn-mono", NAME) == "prn-mono"
    with pytest.raises(KeyError):
        own_fleet.change("nobody", "version", "1")
    with pytest.raises((KeyError, IndexError)):
        own_fleet.change("lt-amelie", "memory.7.size_gb", 8)
