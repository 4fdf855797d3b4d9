"""By which keys a device is known that others tell of: neighbours, access points, virtual machines.

A key is (kind, value) as :class:`~itsm.discovery.models.AssetKey` keeps them; the surest comes first. Names are compared
without domain and case.
"""

from __future__ import annotations

from typing import Any

from itsm.discovery.rules.keys import is_shared_mac

Key = tuple[str, str]
NAME_LENGTH = 200


def is_mac(text: str) -> bool:
    """Say whether a text is written as a MAC address; the wire writes them with colons."""
    return text.count(":") == 5


def keys_of_neighbour(row: list[Any]) -> list[Key]:
    """Return the keys of a neighbour as a telling carries it (port, protocol, chassis id, host, remote port, address …).

    >>> keys_of_neighbour(["1", "lldp", "00:1B:2C:00:00:01", "sw-2.example.org", "24", "192.0.2.2"])
    [('mac', '00:1b:2c:00:00:01'), ('name', 'sw-2'), ('address', '192.0.2.2')]
    """
    _, _, chassis, host, _, address = row[:6]
    found = []
    if chassis and is_mac(chassis):
        found.append(("mac", chassis.lower()))
    if host and not is_mac(host):
        found.append(("name", _short(host.split("(")[0])))
    if address:
        found.append(("address", address))
    return found


def keys_of_access_point(text: str) -> list[Key]:
    """Return the keys that an access point's MAC, address or name may be, whichever the controller tells."""
    if not text:
        return []
    return [("mac", text.lower())] if is_mac(text) else [("address", text), ("name", _short(text))]


def keys_of_guest(row: list[Any]) -> list[Key]:
    """Return the keys of a virtual machine as its hypervisor tells it (name, UUID, MACs)."""
    name, uuid, macs = row
    found = [("uuid", one) for one in _both_orders(uuid)] if uuid else []
    found += [("mac", mac) for mac in macs if not is_shared_mac(mac)]
    return [*found, ("name", _short(name))]


def radio_of(mac: str) -> str:
    """Return what the MACs of one access point's radios have in common: all but the last four bits and the local bit.

    >>> radio_of("02:1b:2c:00:00:1f") == radio_of("00:1b:2c:00:00:10")
    True
    """
    octets = bytes.fromhex(mac.replace(":", ""))
    return bytes((octets[0] & 0xFD, *octets[1:5], octets[5] & 0xF0)).hex()


def _short(name: str) -> str:
    return name.casefold().split(".")[0].strip()[:NAME_LENGTH]


def _both_orders(uuid: str) -> tuple[str, ...]:
    """Return a UUID as it is told and with its first three groups turned round: firmware and hypervisor differ."""
    groups = uuid.split("-")
    if len(groups) != 5:
        return (uuid,)
    turned = ["".join(reversed([group[at : at + 2] for at in range(0, len(group), 2)])) for group in groups[:3]]
    return uuid, "-".join([*turned, *groups[3:]])
