"""Any number of devices for measurements: a few shapes, shared; names, serial numbers and MACs of their own.

The same count and seed give the same devices, so that a second sweep must find nothing new.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from itsm.demo.fleet import ber
from itsm.demo.fleet.agent import Agent
from itsm.demo.fleet.build import rows
from itsm.demo.fleet.secrets import COMMUNITY
from itsm.demo.fleet.tree import Live, Template
from itsm.demo.fleet.udp import Answer, UdpServer, addresses
from itsm.demo.fleet.world import World, mac_number, mac_text

CROWD_NET: Final = "127.64.0.0/16"
_DAY: Final = 86400.0


@dataclass(frozen=True, slots=True)
class _Shape:
    """A model that is multiplied: the device it is taken from, how many of a hundred, how it is named."""

    source: str
    share: int
    prefix: str
    serial: str
    """How a serial number looks: ``#`` is a digit, ``@`` a letter."""
    overrides: Mapping[str, Any]


_NAME, _SERIAL = "@name@", "@serial@"
"""Stand in a shape's texts where the individual's own belong."""
_SHAPES: Final = (
    _Shape("acc-sw1", 12, "sw", "CN##HK@###", {}),
    _Shape("acc-sw3", 10, "swb", "CN##FP##@@", {}),
    _Shape("srv-files", 16, "srv", "#@@@@##", {"users": []}),
    _Shape("prn-mono", 14, "prn", "PHB@@#####", {"pages": 51400}),
    _Shape("prn-colour", 8, "prc", "VNC@@###@@", {}),
    _Shape("ph-reception", 34, "ph", "@#@##########", {}),
    _Shape("ups1", 6, "ups", "AS##########", {"card_serial": f"ZA{_SERIAL}"}),
)
_ROOM_FOR_PORTS: Final = 64
_LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"


@dataclass(frozen=True, slots=True)
class Twin:
    """One generated device: what a sweep should find at ``host`` (a number in the network).

    Phones and servers don't tell their serial number by SNMP; they are known by their MAC addresses.
    """

    host: int
    name: str
    kind: str
    vendor: str
    model: str
    version: str
    serial: str
    mac: str
    shape: str


def generate(count: int, seed: int = 1) -> Iterator[Twin]:
    """Yield ``count`` devices, always the same for a seed; serial numbers, names and MACs occur once.

    Raises ValueError for more than a maker's block of MAC addresses has room for.
    """
    if not 0 <= count < (1 << 24) // _ROOM_FOR_PORTS:
        raise ValueError(f"cannot make {count} devices")
    world = World.larkspur()
    chance = random.Random(seed)
    wheel = [shape for shape in _SHAPES for _ in range(shape.share)]
    used: set[str] = set()
    for number in range(1, count + 1):
        shape = chance.choice(wheel)
        facts = world[shape.source]
        serial = _serial(shape, chance, used)
        # The maker's block is kept; the rest counts in steps that leave room for the ports of a switch.
        mac = mac_number(facts["mac"]) & ~0xFFFFFF | (number * _ROOM_FOR_PORTS)
        yield Twin(
            number, f"{shape.prefix}-{number:05}", facts["kind"], facts["vendor"], facts["model"], facts["version"],
            serial, mac_text(mac), shape.source,
        )  # fmt: skip


def _serial(shape: _Shape, chance: random.Random, used: set[str]) -> str:
    while True:
        serial = "".join(
            str(chance.randrange(10)) if mark == "#" else chance.choice(_LETTERS) if mark == "@" else mark
            for mark in shape.serial
        )
        if serial not in used:
            used.add(serial)
            return serial


def shape_templates() -> dict[str, Template]:
    """Return the template of each shape, by the device it is taken from.

    The devices are unplugged and tell no address of their own: an index cannot differ between those who share it.
    """
    world = World.larkspur()
    world.cables.clear()
    found = {}
    for shape in _SHAPES:
        facts = world[shape.source]
        facts.update(shape.overrides, name=_NAME, serial=_SERIAL, lldp=False, gateway=False, addressless=True)
        facts["ports"] = [{**port, "up": True} for port in facts["ports"]]
        found[shape.source] = Template({arcs: _individual(value) for arcs, value in rows(world, shape.source).items()})
    return found


def _individual(value: bytes | Live) -> bytes | Live:
    """Return a live value for text in which the name or the serial number of the individual belongs."""
    if not isinstance(value, bytes) or not (_NAME.encode() in value or _SERIAL.encode() in value):
        return value
    _tag, begin, end = ber.read(value, 0, len(value))
    text = value[begin:end].decode()
    return lambda device, _now: ber.octets(text.replace(_NAME, device.name).replace(_SERIAL, device.serial))


class Crowd:
    """Generated devices that answer SNMP v1 and v2c on one shared socket. A context manager."""

    def __init__(self, count: int, *, seed: int = 1, net: str = CROWD_NET, port: int = 0) -> None:
        self.net: Final = net
        self.devices: Final[dict[str, Twin]] = {}
        self._answers: Final[dict[str, Answer]] = {}
        self._agents: Final[dict[str, Agent]] = {}
        templates = shape_templates()
        now = time.monotonic()
        twins = list(generate(count, seed))
        for address, twin in zip(addresses(net, (twin.host for twin in twins)), twins, strict=True):
            agent = Agent(
                twin.name, serial=twin.serial, mac=mac_number(twin.mac), started=now - _DAY * (1 + twin.host % 300),
                template=templates[twin.shape], community=COMMUNITY.encode(),
            )  # fmt: skip
            self.devices[address] = twin
            self._agents[address] = agent
            self._answers[address] = agent.answer
        self._udp = UdpServer(self._answers, port, shared=True)

    def __enter__(self) -> Crowd:
        """Bind and answer."""
        self._udp.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop answering."""
        self._udp.stop()

    @property
    def port(self) -> int:
        """The UDP port that all devices answer on."""
        return self._udp.port

    def silence(self, address: str, *, silent: bool = True) -> None:
        """Switch a device off, or on again. Raises KeyError for an address that has none."""
        self._agents[address].silent = silent
