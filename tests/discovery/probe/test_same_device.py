"""Which sightings of one scan are one device, and which only look like it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from itsm.discovery.facts import Device, Port
from itsm.discovery.same_device import Sightings
from itsm.discovery.wire import HostReport, Varbind

ONE = Device(
    "10.0.0.9", name="core", serial="SN-1", model="EX", ports=(Port("Gi1", "00:1b:21:00:00:01"),), ips=("10.0.0.9",)
)


def report(address: str, *, ticks: int = 500, taken: str = "2026-03-01T10:00:00+00:00") -> HostReport:
    rows = (Varbind("1.3.6.1.2.1.1.1.0", "4", "Example"), Varbind("1.3.6.1.2.1.1.3.0", "67", str(ticks)))
    return HostReport(address, taken, varbinds=rows)


def seen(*sightings: tuple[HostReport, Device]) -> list[Device]:
    gathered = Sightings()
    for one, device in sightings:
        gathered.add(one, replace(device, address=one.address))
    return gathered.devices()


def test_one_device_at_two_addresses_is_told_once_with_both() -> None:
    later = report("10.0.0.2", ticks=1_500, taken="2026-03-01T10:00:10+00:00")
    assert seen((report("10.0.0.10"), ONE), (later, ONE)) == [
        replace(ONE, address="10.0.0.2", ips=("10.0.0.9", "10.0.0.2", "10.0.0.10"))
    ]


def test_addresses_that_each_lists_as_its_own_are_one_whatever_the_clock_says() -> None:
    both = replace(ONE, ips=("10.0.0.2", "10.0.0.10"))
    found = seen((report("10.0.0.10"), both), (report("10.0.0.2", ticks=900_000), both))
    assert [(device.address, device.ips) for device in found] == [("10.0.0.2", ("10.0.0.2", "10.0.0.10"))]


@pytest.mark.parametrize(
    "other",
    [
        replace(ONE, serial="SN-2"), replace(ONE, name="edge"), replace(ONE, model="EX-2"),
        replace(ONE, ports=(Port("Gi1", "00:1b:21:00:00:02"),)), replace(ONE, ips=("10.0.0.3",)),
    ],
)  # fmt: skip
def test_anything_that_differs_keeps_them_apart(other: Device) -> None:
    assert len(seen((report("10.0.0.2"), ONE), (report("10.0.0.3"), other))) == 2


def test_two_boxes_of_one_model_that_tell_nothing_of_their_own_stay_two() -> None:
    bare = Device("x", name="printer", model="LJ")
    assert len(seen((report("10.0.0.2"), bare), (report("10.0.0.3"), bare))) == 2


def test_equal_boxes_that_started_at_other_times_stay_two() -> None:
    assert len(seen((report("10.0.0.2"), ONE), (report("10.0.0.3", ticks=90_000), ONE))) == 2


def test_devices_come_in_the_order_of_their_addresses() -> None:
    found = seen(
        *((report(address, ticks=n * 10_000), ONE) for n, address in enumerate(["10.0.0.10", "::1", "10.0.0.9"]))
    )
    assert [device.address for device in found] == ["10.0.0.9", "10.0.0.10", "::1"]
