"""The simulated company: its sites, devices and cables, read from our own data files, and what follows from them.

Devices are plain dictionaries (a model's facts under a device's own), so that a story can change any of them by
a path. What one device knows of another (neighbours, forwarding tables, ARP) is computed from the cables, never
written down twice.
"""

from __future__ import annotations

import copy
import time
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

Facts = dict[str, Any]
"""What is known of one device: text, numbers, lists and tables as the data files have them."""

FILES: Final = ("company", "models", "harrow", "quay", "software")
_FLOWING: Final = ("level", "pages", "configured")
"""Facts that move on by themselves, from the moment they were last set."""
IDENTITY: Final = ("kind", "vendor", "model", "version", "serial")
_APPENDED: Final = ("objects", "ports")
"""Lists that a device adds to its model's instead of replacing them."""


@dataclass(frozen=True, slots=True)
class Cable:
    """A connection seen from one end. Ports are interface names; None where that end has no named port."""

    port: str | None
    peer: str
    peer_port: str | None


class World:
    """All devices by name, in the order of the data files."""

    def __init__(self, documents: Mapping[str, Facts]) -> None:
        self.company: Final[Facts] = documents["company"]["company"]
        self.sites: Final[dict[str, Facts]] = documents["company"]["site"]
        self.software: Final[dict[str, list[str]]] = documents["software"]["release"]
        self.devices: Final[dict[str, Facts]] = {}
        self.cables: Final[list[tuple[str, str]]] = []
        models: dict[str, Facts] = documents["models"]
        for site in self.sites:
            for record in documents[site]["device"]:
                facts = _merged(models[record["type"]], {**record, "site": site})
                self.devices[record["name"]] = {"born": time.monotonic(), **facts}
            self.cables.extend((str(a), str(b)) for a, b in documents[site]["cables"])
        for end in (end for cable in self.cables for end in cable):
            if end.partition("#")[0] not in self.devices:
                raise ValueError(f"a cable ends at {end}, which is no device")

    @classmethod
    def larkspur(cls) -> World:
        """Return the demonstration company as our data files describe it."""
        folder = files("itsm.demo.fleet") / "data"
        return cls({name: tomllib.loads((folder / f"{name}.toml").read_text("utf-8")) for name in FILES})

    def __getitem__(self, name: str) -> Facts:
        """Return a device's facts. Raises KeyError for a name that isn't there."""
        return self.devices[name]

    def address(self, name: str) -> str:
        """Return the address that a device believes to have (inside the company, not on loopback)."""
        facts = self.devices[name]
        return f"{self.sites[facts['site']]['net']}.{facts['host']}"

    def cables_of(self, name: str) -> Iterator[Cable]:
        """Yield what is connected to a device."""
        for one, other in self.cables:
            for here, there in ((one, other), (other, one)):
                device, _hash, port = here.partition("#")
                if device == name:
                    peer, _hash, peer_port = there.partition("#")
                    yield Cable(port or None, peer, peer_port or None)

    def behind(self, name: str, cable: Cable) -> list[str]:
        """Return the devices that are reached from ``name`` through a cable: the far end and all it bridges to."""
        found, queue = {name}, [cable.peer]
        order: list[str] = []
        while queue:
            reached = queue.pop(0)
            if reached in found:
                continue
            found.add(reached)
            order.append(reached)
            if self.devices[reached].get("bridge") or self.devices[reached].get("passes"):
                queue.extend(onward.peer for onward in self.cables_of(reached))
        return order

    def told(self, name: str, *, over_ssh: bool = False) -> dict[str, str | None]:
        """Return the identity that a good reader finds out by SNMP, or by SSH; None for what isn't told."""
        facts = self.devices[name]
        untold = () if over_ssh else facts.get("untold", ())
        return {field: None if field in untold else facts[field] for field in IDENTITY}

    def change(self, name: str, path: str, value: object) -> None:
        """Set what stands at a dotted path of a device: ``memory.1.size_gb``, ``plugged.17``, ``version``.

        A list takes an index, or its length to append. None removes. Raises KeyError or IndexError for a path
        that leads nowhere.
        """
        place: Any = self.devices[name]
        *steps, last = path.split(".")
        for step in steps:
            if isinstance(place, list):
                place = place[int(step)]
            else:
                place = place.setdefault(step, {}) if step == "plugged" else place[step]
        if last in _FLOWING and isinstance(place, dict):
            place[f"{last}_since"] = time.monotonic()
        if isinstance(place, list):
            _change_list(place, int(last), value)
        elif value is None:
            del place[last]
        else:
            place[last] = value

    def snapshot(self, name: str) -> Facts:
        """Return a copy of a device's facts, to be restored."""
        return copy.deepcopy(self.devices[name])

    def restore(self, name: str, facts: Facts) -> None:
        """Put a device's facts back."""
        self.devices[name] = facts


def _change_list(place: list[object], index: int, value: object) -> None:
    if value is None:
        del place[index]
    elif index == len(place):
        place.append(value)
    else:
        place[index] = value


def _merged(model: Facts, record: Facts) -> Facts:
    facts = copy.deepcopy(model)
    for key, value in copy.deepcopy(record).items():
        facts[key] = [*facts.get(key, ()), *value] if key in _APPENDED else value
    return facts


def fill(text: str, facts: Mapping[str, Any]) -> str:
    """Return ``text`` with ``{serial}``, ``{version}`` … put in from the facts."""
    return text.format_map(facts)


def mac_number(text: str) -> int:
    """Return a MAC address written with colons as a number."""
    return int(text.replace(":", ""), 16)


def mac_octets(number: int) -> bytes:
    """Return a MAC address as its six octets."""
    return number.to_bytes(6, "big")


def mac_text(number: int) -> str:
    """Return a MAC address in lower case with colons."""
    return mac_octets(number).hex(":")
