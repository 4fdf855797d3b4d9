"""Interfaces of a host: ``ip addr``/``ip link`` (text and JSON), ``ifconfig`` of Linux, BSD, macOS, AIX, Solaris."""

from __future__ import annotations

import ipaddress
import re
from itertools import pairwise
from typing import Any, Final

from itsm.discovery.parsers.bounds import json_of
from itsm.discovery.parsers.values import ip_of, mac_of

_IP_HEAD: Final = re.compile(r"(\d{1,9}): ([^\s:@]{1,64})(?:@([^\s:]{1,64}))?: <([^>]*)>(.*)$")
_IP_INET: Final = re.compile(r"\s+inet6? ([0-9A-Fa-f.:]{2,45})(?: peer ([0-9A-Fa-f.:]{2,45}))?(?:/(\d{1,3}))?")
_GUID: Final = re.compile(r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){19}\Z")
"""The 20 octets of an InfiniBand port."""

_IF_OLD: Final = re.compile(r"(\S{1,64})\s+Link encap:(.*)$")
_IF_NEW: Final = re.compile(r"(\S{1,64}): flags=([0-9a-f]+)(?:,[0-9a-f]+)?<([^>]*)>(.*)$")
_MEDIA_SPEED: Final = re.compile(r"\b(\d+)(G?)base", re.IGNORECASE)


def _new(name: str) -> dict[str, Any]:
    return {"name": name, "mac": None, "ips": [], "addresses": []}


def _add(item: dict[str, Any], address: str, prefix: int | None) -> None:
    ip = ip_of(address)
    if ip is None:
        return
    item["ips"].append(ip)
    item["addresses"].append({"address": ip} if prefix is None else {"address": ip, "prefix": prefix})


def _finish(found: list[dict[str, Any]]) -> dict[str, Any]:
    return {"interfaces": [{k: v for k, v in item.items() if v is not None and v != ""} for item in found]}


def prefix_of(mask: str) -> int | None:
    """Return the prefix length of a netmask (``255.255.0.0``, ``0xffff0000``), or None where it is none."""
    try:
        if re.fullmatch(r"(0x)?[0-9a-fA-F]{8}", mask):
            mask = str(ipaddress.IPv4Address(int(mask, 16)))
        return ipaddress.ip_network(f"0.0.0.0/{mask}").prefixlen
    except ValueError:
        return None


def ip_address(text: str) -> dict[str, Any]:
    """Return interfaces of ``ip addr`` and ``ip link``, also with ``-j``, ``-d``, ``-s`` or of busybox.

    What is no output of ``ip`` is read as one of ``ifconfig``, which stands in for it where ``ip`` is missing.
    """
    if text.lstrip()[:1] == "[":
        value = json_of(text)
        items = value if isinstance(value, list) else []
        return _finish([_of_json(item) for item in items if isinstance(item, dict) and item.get("ifname")])
    found: list[dict[str, Any]] = []
    for line in text.split("\n"):
        if match := _IP_HEAD.match(line):
            found.append(_ip_head(*match.groups()))
        elif found:
            _ip_line(found[-1], line)
    return _finish(found) if found else ifconfig(text)


def _ip_head(index: str, name: str, parent: str | None, flags: str, rest: str) -> dict[str, Any]:
    words = rest.split()
    values = dict(pairwise(words))
    marks = flags.split(",")
    item = _new(name)
    item |= {"index": int(index), "parent": parent, "up": "UP" in marks}
    item["link"] = "NO-CARRIER" not in marks and ("LOWER_UP" in marks or values.get("state") == "UP")
    item["mtu"] = int(values["mtu"]) if values.get("mtu", "").isdigit() else None
    item["master"] = values.get("master")
    return item


def _ip_line(item: dict[str, Any], line: str) -> None:
    words = line.split()
    if not words:
        return
    if words[0].startswith("link/"):
        item["type"] = words[0][5:]
        address = words[1] if len(words) > 1 else ""
        item["mac"] = mac_of(address) or (address.lower() if _GUID.match(address) else None)
    elif match := _IP_INET.match(line):
        address, peer, prefix = match.groups()
        _add(item, address, int(prefix) if prefix and not peer else None)
    elif words[0] in ("vlan", "bond", "bridge", "vxlan", "tun", "veth", "wireguard"):
        item["kind"] = words[0]
        if words[0] == "vlan" and "id" in words[:-1] and (number := words[words.index("id") + 1]).isdigit():
            item["vlan"] = int(number)


def _of_json(value: dict[str, Any]) -> dict[str, Any]:
    flags = [flag for flag in value.get("flags") or [] if isinstance(flag, str)]
    item = _new(str(value["ifname"]))
    item |= {
        "index": value.get("ifindex"),
        "mac": mac_of(str(value.get("address") or "")),
        "mtu": value.get("mtu"),
        "up": "UP" in flags,
        "link": "LOWER_UP" in flags and "NO-CARRIER" not in flags,
        "type": value.get("link_type"),
        "parent": value.get("link"),
        "master": value.get("master"),
    }
    for address in value.get("addr_info") or []:
        if isinstance(address, dict) and isinstance(address.get("local"), str):
            prefix = address.get("prefixlen")
            _add(item, address["local"], prefix if isinstance(prefix, int) and "address" not in address else None)
    info = value.get("linkinfo")
    if isinstance(info, dict) and isinstance(info.get("info_kind"), str):
        item["kind"] = info["info_kind"]
    return item


def ifconfig(text: str) -> dict[str, Any]:
    """Return interfaces of ``ifconfig [-a]``."""
    found: list[dict[str, Any]] = []
    for line in text.split("\n"):
        if match := _IF_OLD.match(line):
            item = _new(match.group(1))
            item["up"] = False
            item["type"] = {"Ethernet": "ether", "Local Loopback": "loopback"}.get(
                re.split(r"\s{2,}", match.group(2))[0]
            )
            found.append(item)
            _hardware(item, match.group(2))
        elif match := _IF_NEW.match(line):
            item = _new(match.group(1))
            marks = match.group(3).split(",")
            item |= {"up": "UP" in marks, "type": "loopback" if "LOOPBACK" in marks else None}
            found.append(item)
            _settings(item, match.group(4))
        elif found:
            _if_line(found[-1], line)
    return _finish(found)


def _hardware(item: dict[str, Any], text: str) -> None:
    if match := re.search(r"(?:HWaddr|address:) ([0-9A-Fa-f:.-]{11,17})", text):
        item["mac"] = mac_of(match.group(1))


def _settings(item: dict[str, Any], text: str) -> None:
    if match := re.search(r"\b(?:mtu|MTU)[ :](\d{1,9})", text):
        item["mtu"] = int(match.group(1))


def _if_line(item: dict[str, Any], line: str) -> None:
    words = line.split()
    if not words:
        return
    head = words[0]
    if head in ("ether", "lladdr", "address:", "unspec") and len(words) > 1:
        item["mac"] = item["mac"] or mac_of(words[1])
        item.setdefault("type", None)
        item["type"] = item["type"] or "ether"
    elif head in ("inet", "inet6"):
        _if_address(item, words)
    elif head == "loop":
        item["type"] = "loopback"
    elif head == "status:":
        item["link"] = line.partition(":")[2].strip() in ("active", "associated", "running")
    elif head == "media:":
        _media(item, line)
    elif head == "vlan:" and len(words) > 1 and words[1].isdigit():
        item["vlan"] = int(words[1])
    elif " MTU:" in line:
        item["up"] = "UP" in words
        item["link"] = "RUNNING" in words
        _settings(item, line)
    elif head == "mtu":
        _settings(item, line)
    else:
        _hardware(item, line)


def _media(item: dict[str, Any], line: str) -> None:
    if match := _MEDIA_SPEED.search(line):
        item["speed"] = int(match.group(1)) * (1_000_000_000 if match.group(2) else 1_000_000)


def _if_address(item: dict[str, Any], words: list[str]) -> None:
    """Read ``inet addr:A Mask:M``, ``inet A netmask M``, ``inet6 addr: A/P`` and ``inet6 A prefixlen P``."""
    address = words[1] if len(words) > 1 else ""
    if address == "addr:" and len(words) > 2:
        address = words[2]
    address = address.removeprefix("addr:")
    mask: str | None = None
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word in ("netmask", "prefixlen"):
            mask = following
        elif word.startswith("Mask:"):
            mask = word[5:]
    _, slash, length = address.partition("/")
    mask = length if slash else mask
    point_to_point = "-->" in words or any(word.startswith("P-t-P:") for word in words)
    prefix = (
        None if mask is None or point_to_point else (int(mask) if mask.isdigit() and len(mask) < 4 else prefix_of(mask))
    )
    _add(item, address, prefix)
