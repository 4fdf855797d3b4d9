"""From the rows of a network CLI's template to wire facts.

The templates name their columns alike across makers, so a column's meaning is read from its name and from what the
command is about (version, inventory, neighbours, interfaces, addresses, MAC table, VLANs, routes).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from itsm.discovery.parsers.network_identity import Rows, components, identity, raw, resources
from itsm.discovery.parsers.values import first, integer, ip_of, mac_of, present

_NO_ADDRESS: Final = ("0.0.0.0", "::")  # noqa: S104
"""What stands where no address is set (RFC 4291, 2.5.2: the unspecified address is nobody's)."""


def facts_of(platform: str, command: str, rows: Rows) -> dict[str, Any]:
    """Return the wire facts in the rows of ``platform/command``; empty for commands that carry none."""
    for pattern, read in _READERS:
        if pattern.search(command):
            return read(platform, rows)
    return {}


def _neighbours(platform: str, rows: Rows, protocol: str) -> dict[str, Any]:
    found = [
        present(
            port=raw(row, "local_interface", "local_port", "interface", "local_intf", "port"),
            host=first(
                row, "neighbor_name", "remote_system_name", "system_name", "neighbor", "destination_host", "ap_name"
            ),
            protocol=protocol,
            chassis_id=_chassis_id(first(row, "chassis_id", "remote_chassis_id", "neighbor_chassis_id")),
            remote_port=raw(row, "neighbor_interface", "neighbor_port_id", "remote_port", "neighbor_port", "port_id"),
            address=ip_of(
                first(row, "mgmt_address", "management_ip", "neighbor_ip", "interface_ip", "remote_mgmt_ipv4_address")
            ),
            platform=first(row, "platform", "neighbor_description", "system_description", "remote_system_description"),
            serial=first(row, "serial", "serial_number"),
            vendor=first(row, "manufacturer", "manufacturer_name"),
            model=first(row, "model", "model_name"),
        )
        for row in rows
    ]
    return {"neighbours": [item for item in found if item.keys() - {"protocol", "port"}]}


def _chassis_id(value: str | None) -> str | None:
    """Return a chassis id; one that is a MAC in our notation."""
    return mac_of(value) or value


def _lldp(platform: str, rows: Rows) -> dict[str, Any]:
    return _neighbours(platform, rows, "lldp")


def _mndp(platform: str, rows: Rows) -> dict[str, Any]:
    """Return neighbours of RouterOS' own list, which joins MNDP, CDP and LLDP."""
    found = [
        present(
            port=raw(row, "interface"),
            host=first(row, "identity"),
            protocol="mndp",
            chassis_id=mac_of(first(row, "mac_address")),
            remote_port=raw(row, "interface_name"),
            address=ip_of(first(row, "ipv4_address", "ip_address", "ipv6_address")),
            platform=first(row, "platform"),
            version=first(row, "version"),
            model=first(row, "board"),
        )
        for row in rows
    ]
    return {"neighbours": found}


def _cdp(platform: str, rows: Rows) -> dict[str, Any]:
    """Return neighbours by CDP, whose device id is the host's name, NX-OS' with the serial in brackets."""
    neighbours: list[dict[str, Any]] = _neighbours(platform, rows, "cdp")["neighbours"]
    for item in neighbours:
        item.setdefault("host", item.get("chassis_id"))
        if match := re.match(r"(.+)\(([A-Z]{3}[0-9A-Z]{8})\)$", str(item["host"])):
            item["host"], serial = match.groups()
            item.setdefault("serial", serial)
    return {"neighbours": [{name: value for name, value in item.items() if value} for item in neighbours]}


def _interfaces(platform: str, rows: Rows) -> dict[str, Any]:
    """Return a row an interface: name, mac, ips, mtu, speed in bits a second, up (by what it says of its state)."""
    merged: dict[str, dict[str, Any]] = {}
    for row in rows:
        name = first(row, "interface", "port", "name", "intf", "local_interface")
        if name is None:
            continue
        item = merged.setdefault(name, {"name": name, "mac": None, "ips": []})
        item["mac"] = item["mac"] or mac_of(first(row, "mac_address", "mac", "bia", "hardware_address", "address"))
        for column in (
            "ip_address",
            "ipv6_address",
            "secondary_ip_address",
            "ip",
            "ipaddr",
            "ip_addresses",
            "ipv4_address",
            "local",
        ):
            values = row.get(column)
            for value in values if isinstance(values, list) else [values]:
                if isinstance(value, str) and (ip := ip_of(value)) and ip not in (*item["ips"], *_NO_ADDRESS):
                    item["ips"].append(ip)
        state = first(row, "link_status", "status", "link", "state", "oper_state", "linkstate", "admin_state", "phy")
        admin = first(row, "admin_status", "admin_state", "admin")
        item |= present(
            mtu=integer(first(row, "mtu")),
            description=first(row, "description", "descr", "alias"),
            vlan=integer(first(row, "vlan_id", "access_vlan", "vlan")),
            link=None if state is None else bool(re.match(r"(u|up|connected|active|yes|true|enabled)\b", state, re.I)),
            up=None if admin is None else bool(re.match(r"(up|enabled?|yes|true)\b", admin, re.I)),
        )
    return {"interfaces": list(merged.values())}


def _arp(platform: str, rows: Rows) -> dict[str, Any]:
    found = [
        present(
            address=ip_of(first(row, "ip_address", "ipv6_address", "address", "ip")),
            mac=mac_of(first(row, "mac_address", "hardware_address", "mac", "hw_addr")),
            interface=first(row, "interface", "port", "physical_interface"),
            vlan=integer(first(row, "vlan_id")),
        )
        for row in rows
    ]
    return {"arp": [item for item in found if "mac" in item and "address" in item]}


def _mac_table(platform: str, rows: Rows) -> dict[str, Any]:
    found = [
        present(
            mac=mac_of(first(row, "destination_address", "mac_address", "mac")),
            port=first(row, "destination_port", "ports", "port", "interface", "fsp"),
            vlan=integer(first(row, "vlan_id", "vlan", "vid")),
            type=first(row, "type"),
        )
        for row in rows
    ]
    return {"forwarding": [item for item in found if "mac" in item]}


def _vlans(platform: str, rows: Rows) -> dict[str, Any]:
    found: dict[int, dict[str, Any]] = {}
    for row in rows:
        number = integer(first(row, "vlan_id", "id", "vid", "tag"))
        if number is not None:
            columns = ("vlan_name", "name", "description", "vlan_description")
            name = next((text for column in columns if (text := str(row.get(column) or "").strip())), None)
            found.setdefault(number, present(id=number, name=name))
    return {"vlans": list(found.values())}


def _routes(platform: str, rows: Rows) -> dict[str, Any]:
    routes = []
    for row in rows:
        network = first(row, "network", "destination", "destination_address", "dst_address", "address")
        prefix = first(row, "prefix_length", "mask")
        if network:
            target = f"{network}/{prefix}" if prefix and prefix.isdigit() and "/" not in network else network
            routes.append(
                present(
                    destination=target,
                    gateway=ip_of(first(row, "nexthop_ip", "gateway", "nexthop", "next_hop", "nexthopip")),
                    interface=first(row, "nexthop_if", "interface"),
                    protocol=first(row, "protocol"),
                )
            )
    return {"routes": routes}


_READERS: Final[tuple[tuple[re.Pattern[str], Callable[[str, Rows], dict[str, Any]]], ...]] = (
    (re.compile(r"local-device|export|crashlog|processes|_cpu|database|uptime$"), lambda platform, rows: {}),
    (re.compile(r"cdp"), _cdp),
    (re.compile(r"ip_neighbor"), _mndp),
    (re.compile(r"lldp"), _lldp),
    (re.compile(r"resource_print"), resources),
    (re.compile(r"mac[-_]addr|mac-learning|fdb|host_print"), _mac_table),
    (re.compile(r"arp|ipv6_neigh"), _arp),
    (re.compile(r"inventory|manuinfo|chassis_hardware|show_module|display_device|transceiver|system_id$"), components),
    (re.compile(r"vlan"), _vlans),
    (re.compile(r"ip_route$|route_print|routing-table$|show_route$"), _routes),
    (
        re.compile(r"version|system_status|system_info|show_system|routerboard|show_hostname|identity|manuinfo"),
        identity,
    ),
    (re.compile(r"interface|ip_address_print|ip_link|ip_address"), _interfaces),
)
