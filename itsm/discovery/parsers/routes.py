"""Routes and neighbours of a host: ip route, netstat -r, route, ip neigh, arp; LLDP as lldpd tells it."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any, Final

from itsm.discovery.parsers.bounds import json_of
from itsm.discovery.parsers.layout import records
from itsm.discovery.parsers.values import ip_of, mac_of, present

_HEX_OR_ADDRESS: Final = re.compile(
    r"(?:default|link#\d+|\*|[0-9A-Fa-f][0-9A-Fa-f.:]*(?:%\w+)?(?:/\d{1,3})?|::\S*|\[[0-9A-Fa-f:.]+\](?:/\d{1,3})?)\Z"
)
_INTERFACE: Final = re.compile(r"[A-Za-z][\w.:@-]{0,31}\Z")


def ip_route(text: str) -> dict[str, Any]:
    """Return routes of ``ip [-6] route`` or ``ip -j route``, and the first default gateway."""
    routes: list[dict[str, Any]] = []
    if text.lstrip()[:1] == "[":
        value = json_of(text)
        for item in value if isinstance(value, list) else []:
            if isinstance(item, dict) and item.get("dst"):
                routes.append(
                    present(
                        destination=str(item["dst"]),
                        gateway=item.get("gateway"),
                        interface=item.get("dev"),
                        metric=item.get("metric"),
                    )
                )
        return _with_default(routes)
    for line in records(text):
        words = line.split()
        if words[0] in ("unicast", "local", "broadcast", "multicast", "blackhole", "unreachable", "prohibit"):
            words = words[1:]
        if line[:1] in " \t" or not words or not _HEX_OR_ADDRESS.match(words[0]):
            continue
        values = dict(pairwise(words[1:]))
        metric = values.get("metric", "")
        routes.append(
            present(
                destination=words[0],
                gateway=values.get("via"),
                interface=values.get("dev"),
                source=values.get("src"),
                metric=int(metric) if metric.isdigit() else None,
            )
        )
    return _with_default(routes)


def _with_default(routes: list[dict[str, Any]]) -> dict[str, Any]:
    defaults = ("default", "0.0.0.0", "0.0.0.0/0", "::/0")  # noqa: S104 (a destination, not something to listen on)
    gateways = [r["gateway"] for r in routes if r.get("destination") in defaults and ip_of(r.get("gateway"))]
    return {"routes": routes, "default_gateway": next(iter(gateways), None)}


def netstat_routes(text: str) -> dict[str, Any]:
    """Return routes of ``netstat -rn`` or ``route -n`` (Linux, BSD, macOS, AIX, HP-UX, Solaris)."""
    routes: list[dict[str, Any]] = []
    heading: list[str] = []
    for line in records(text):
        words = line.split()
        if "Gateway" in words or "Hop" in words:
            heading = line.replace("Next Hop", "Gateway").split()
        elif heading and len(words) >= 3 and _HEX_OR_ADDRESS.match(words[0]):
            routes.append(_netstat_row(heading, words))
    return _with_default(routes)


def _netstat_row(heading: list[str], words: list[str]) -> dict[str, Any]:
    values = dict(zip(heading, words, strict=False))
    names = ("Netif", "Iface", "Interface", "If")
    interface = next((values[name] for name in names if name in values and _INTERFACE.match(values[name])), None)
    if interface is None:
        interface = next((word for word in reversed(words[3:]) if _INTERFACE.match(word)), None)
    return present(
        destination=words[0],
        gateway=values.get("Gateway", words[1]),
        mask=values.get("Genmask"),
        flags=values.get("Flags") or values.get("Flag"),
        interface=interface,
    )


def arp(text: str) -> dict[str, Any]:
    """Return the ARP and ND entries of ``arp [-a|-n|-v]``, ``ip [-j] neigh`` and ``ndp -an``."""
    entries: list[dict[str, Any]] = []
    if text.lstrip()[:1] == "[":
        value = json_of(text)
        for item in value if isinstance(value, list) else []:
            if isinstance(item, dict) and (mac := mac_of(str(item.get("lladdr") or ""))):
                entries.append(present(address=ip_of(str(item.get("dst"))), mac=mac, interface=item.get("dev")))
        return {"arp": entries}
    for line in records(text):
        words = line.split()
        at = next((n for n, word in enumerate(words) if n and mac_of(word)), None)
        if at is None:
            continue
        addresses = [ip for word in words[:at] if (ip := ip_of(word.strip("()?")))]
        entries.append(
            present(
                address=next(iter(addresses), None),
                mac=mac_of(words[at]),
                interface=_arp_interface(words, at),
                name=words[0] if words[0] != "?" and not ip_of(words[0]) else None,
            )
        )
    return {"arp": entries}


def _arp_interface(words: list[str], at: int) -> str | None:
    for name in ("on", "dev"):
        if name in words[:-1]:
            return words[words.index(name) + 1]
    last = words[-1]
    return last if at < len(words) - 1 and _INTERFACE.match(last) else None


def lldpctl_keyvalue(text: str) -> dict[str, Any]:
    """Return the neighbours of ``lldpctl -f keyvalue`` (a dotted name and a value a line)."""
    ports: dict[str, dict[str, str]] = {}
    for line in records(text):
        name, equals, value = line.partition("=")
        match = re.match(r"lldp\.(.{1,64}?)\.(chassis|port|via|vlan|unknown-tlvs|rid|age)(?:\.|$)", name)
        if equals and match:
            ports.setdefault(match.group(1), {}).setdefault(name[len(match.group(1)) + 6 :], value)
    return {
        "neighbours": [
            present(
                port=port,
                host=values.get("chassis.name"),
                protocol=values.get("via", "LLDP").lower(),
                chassis_id=values.get("chassis.mac") or values.get("chassis.local"),
                remote_port=values.get("port.ifname") or values.get("port.descr") or values.get("port.mac"),
                address=ip_of(values.get("chassis.mgmt-ip")),
                platform=values.get("chassis.descr"),
                serial=values.get("chassis.inventory.serial"),
                vendor=values.get("chassis.inventory.manufacturer"),
                model=values.get("chassis.inventory.model"),
            )
            for port, values in ports.items()
        ]
    }


def lldpctl_json(text: str) -> dict[str, Any]:
    """Return the neighbours of ``lldpctl -f json`` and ``json0``."""
    value = json_of(text)
    lldp = value.get("lldp") if isinstance(value, dict) else None
    found: list[dict[str, Any]] = []
    for group in lldp if isinstance(lldp, list) else [lldp]:
        listed = group.get("interface") if isinstance(group, dict) else None
        for item in listed if isinstance(listed, list) else [listed]:
            if not isinstance(item, dict):
                continue
            named = [(item["name"], item)] if isinstance(item.get("name"), str) else list(item.items())
            found += [_lldp_interface(name, body) for name, body in named if isinstance(body, dict)]
    return {"neighbours": found}


def _lldp_interface(port: str, body: dict[str, Any]) -> dict[str, Any]:
    chassis, remote = _one(body.get("chassis")), _one(body.get("port"))
    host = None
    if chassis and not {"id", "name", "descr"} & chassis.keys():
        host, chassis = next(iter(chassis)), _one(next(iter(chassis.values())))
    return present(
        port=port,
        host=_text(chassis.get("name")) or host,
        protocol=str(body.get("via", "LLDP")).lower(),
        chassis_id=_text(chassis.get("id")),
        remote_port=_text(remote.get("id")) or _text(remote.get("descr")),
        address=ip_of(_text(chassis.get("mgmt-ip"))),
        platform=_text(chassis.get("descr")),
    )


def _one(value: Any) -> dict[str, Any]:
    if isinstance(value, list):
        value = next(iter(value), None)
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    if isinstance(value, list):
        value = next(iter(value), None)
    if isinstance(value, dict):
        value = value.get("value")
    return value if isinstance(value, str) else None
