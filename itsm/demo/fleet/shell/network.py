"""ip(8) of a simulated computer, as text and as JSON."""

from __future__ import annotations

import json
from typing import Any, Final

from itsm.demo.fleet.mibs.system import primary_mac
from itsm.demo.fleet.ports import Interface, interfaces, mac_of
from itsm.demo.fleet.world import World, mac_text

_LOOPBACK: Final = 24


def links(world: World, name: str) -> list[dict[str, Any]]:
    """Return what ``ip -j addr`` holds."""
    facts = world[name]
    main = facts.get("address_port")
    return [_link(world, name, port, main=port.name == main) for port in interfaces(world, name)]


def _link(world: World, name: str, port: Interface, *, main: bool) -> dict[str, Any]:
    mac = mac_of(world[name], port)
    loopback = port.type == _LOOPBACK
    # A computer that answers is connected, whether by cable or over the air.
    up = port.up or main or loopback
    flags = ["LOOPBACK"] if loopback else ["BROADCAST", "MULTICAST"]
    flags += ["UP", "LOWER_UP"] if up else ["NO-CARRIER", "UP"]
    found: dict[str, Any] = {
        "ifindex": port.index,
        "ifname": port.name,
        "flags": flags,
        "mtu": 65536 if loopback else 1500,
        "qdisc": "noqueue" if loopback else "fq_codel",
        "operstate": "UNKNOWN" if loopback else "UP" if up else "DOWN",
        "group": "default",
        "txqlen": 1000,
        "link_type": "loopback" if loopback else "ether",
        "address": "00:00:00:00:00:00" if mac is None else mac_text(mac),
        "broadcast": "00:00:00:00:00:00" if loopback else "ff:ff:ff:ff:ff:ff",
        "addr_info": [],
    }
    if loopback:
        found["addr_info"] = [_address("inet", "127.0.0.1", 8, "host", "lo"), _address("inet6", "::1", 128, "host")]
    elif main and mac is not None:
        v4 = _address("inet", world.address(name), 24, "global", port.name)
        v4["broadcast"] = world.address(name).rpartition(".")[0] + ".255"
        found["addr_info"] = [v4, _address("inet6", link_local(mac), 64, "link")]
    return found


def _address(family: str, local: str, prefix: int, scope: str, label: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"family": family, "local": local, "prefixlen": prefix, "scope": scope}
    if label is not None:
        found["label"] = label
    return {**found, "valid_life_time": 4294967295, "preferred_life_time": 4294967295}


def link_local(mac: int) -> str:
    """Return the IPv6 link-local address that is made from a MAC (modified EUI-64)."""
    high, low = mac >> 24 ^ 0x020000, mac & 0xFFFFFF
    groups = (high >> 8, (high & 0xFF) << 8 | 0xFF, 0xFE00 | low >> 16, low & 0xFFFF)
    return "fe80::" + ":".join(f"{group:x}" for group in groups)


def ip_address(world: World, name: str, *, as_json: bool, one_line: bool = False, with_addresses: bool = True) -> str:
    """Return the output of ``ip addr`` (or ``ip link``) in the form asked for."""
    found = links(world, name)
    if as_json:
        if not with_addresses:
            found = [{key: value for key, value in link.items() if key != "addr_info"} for link in found]
        return json.dumps(found) + "\n"
    if one_line and with_addresses:
        return "".join(_one_line(link, address) for link in found for address in link["addr_info"])
    return "".join(_block(link, with_addresses=with_addresses) for link in found)


def _block(link: dict[str, Any], *, with_addresses: bool) -> str:
    text = (
        f"{link['ifindex']}: {link['ifname']}: <{','.join(link['flags'])}> mtu {link['mtu']} qdisc {link['qdisc']} "
        f"state {link['operstate']} group {link['group']} qlen {link['txqlen']}\n"
        f"    link/{link['link_type']} {link['address']} brd {link['broadcast']}\n"
    )
    for address in link["addr_info"] if with_addresses else ():
        text += f"    {_words(address)}\n       valid_lft forever preferred_lft forever\n"
    return text


def _words(address: dict[str, Any]) -> str:
    broadcast = f" brd {address['broadcast']}" if "broadcast" in address else ""
    label = f" {address['label']}" if "label" in address else " "
    return f"{address['family']} {address['local']}/{address['prefixlen']}{broadcast} scope {address['scope']}{label}"


def _one_line(link: dict[str, Any], address: dict[str, Any]) -> str:
    life = "\\       valid_lft forever preferred_lft forever"
    return f"{link['ifindex']}: {link['ifname']}    {_words(address)}{life}\n"


def ip_route(world: World, name: str, *, as_json: bool) -> str:
    """Return the routes: the way out, and the own network."""
    facts, own = world[name], world.address(name)
    net, gateway = own.rpartition(".")[0], gateway_of(world, name)
    if as_json:
        return json.dumps([
            {"dst": "default", "gateway": gateway, "dev": facts["address_port"], "protocol": "dhcp", "flags": []},
            {"dst": f"{net}.0/24", "dev": facts["address_port"], "protocol": "kernel", "scope": "link",
             "prefsrc": own, "flags": []},
        ]) + "\n"  # fmt: skip
    port = facts["address_port"]
    return (
        f"default via {gateway} dev {port} proto dhcp src {own} metric 100\n"
        f"{net}.0/24 dev {port} proto kernel scope link src {own} metric 100\n"
    )


def ip_neighbours(world: World, name: str, *, as_json: bool) -> str:
    """Return the neighbour table: the gateway."""
    gateway, port = gateway_of(world, name), world[name]["address_port"]
    known = [other for other in world.devices if world[other].get("gateway") and world.address(other) == gateway]
    rows = [{"dst": gateway, "dev": port, "lladdr": mac_text(primary_mac(world, other)), "state": ["REACHABLE"]}
            for other in known]  # fmt: skip
    if as_json:
        return json.dumps(rows) + "\n"
    return "".join(f"{row['dst']} dev {row['dev']} lladdr {row['lladdr']} REACHABLE\n" for row in rows)


def gateway_of(world: World, name: str) -> str:
    """Return the address of the site's gateway, or the network's first address."""
    site = world[name]["site"]
    for other, facts in world.devices.items():
        if facts["site"] == site and facts.get("gateway"):
            return world.address(other)
    return f"{world.sites[site]['net']}.1"
