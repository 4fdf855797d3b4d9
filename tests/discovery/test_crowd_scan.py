"""A sweep over generated devices: all found, none twice, each as itself, and a second sweep finds nothing new."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator

import pytest

from itsm.demo.fleet import Crowd
from itsm.demo.fleet.secrets import COMMUNITY
from itsm.discovery.facts import Device
from itsm.discovery.scan import order_from, sweep_devices

COUNT = 200
TELLS_SERIAL = ("switch", "printer", "ups")


def swept(crowd: Crowd) -> dict[str, Device]:
    given = {
        "port": crowd.port, "ssh_port": 22, "community": (COMMUNITY,), "v3": (), "ssh": None, "key": None,
        "password_file": None, "known_host": (), "rate": 5000.0, "timeout": 1.0, "exclude": (),
        "allow_public": False, "tcp": False,
    }  # fmt: skip
    first, last = min(crowd.devices, key=number), max(crowd.devices, key=number)
    devices = asyncio.run(sweep_devices(order_from([f"{first}-{last}"], given)))
    return {device.address: device for device in devices}


def number(address: str) -> tuple[int, ...]:
    return tuple(map(int, address.split(".")))


@pytest.fixture(scope="module")
def crowd() -> Iterator[Crowd]:
    with Crowd(COUNT, seed=11, net="127.73.0.0/16") as running:
        yield running


@pytest.fixture(scope="module")
def found(crowd: Crowd) -> dict[str, Device]:
    return swept(crowd)


def test_each_is_found_as_itself(crowd: Crowd, found: dict[str, Device]) -> None:
    assert sorted(found) == sorted(crowd.devices)
    for address, twin in crowd.devices.items():
        device = found[address]
        assert (device.name, device.kind) == (twin.name, twin.kind)
        if twin.kind in TELLS_SERIAL:
            assert device.serial == twin.serial
        assert twin.mac in {port.mac for port in device.ports} | {device.base_mac}


def test_no_two_share_what_identifies_them(found: dict[str, Device]) -> None:
    serials = Counter(device.serial for device in found.values() if device.serial)
    macs = Counter(port.mac for device in found.values() for port in device.ports if port.mac)
    bases = Counter(device.base_mac for device in found.values() if device.base_mac)
    for seen in (serials, macs, bases):
        assert seen.most_common(1)[0][1] == 1
    assert len(serials) >= COUNT * 0.4


def test_a_second_sweep_finds_nothing_new(crowd: Crowd, found: dict[str, Device]) -> None:
    assert swept(crowd) == found
