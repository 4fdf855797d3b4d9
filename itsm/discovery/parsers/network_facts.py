"""From the rows of a network CLI's template to wire facts.

The templates name their columns alike across makers, so a column's meaning is read from its name and from what the
command is about (version, inventory, neighbours, interfaces, addresses, MAC table, VLANs, routes).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from itsm.discovery.parsers.network_makers import SYSTEMS, maker_of
from itsm.discovery.parsers.systems import uptime as uptime_of_line
from itsm.discovery.parsers.values import first, integer, ip_of, known, mac_of, present, size_of

Rows = list[dict[str, Any]]


def facts_of(platform: str, command: str, rows: Rows) -> dict[str, Any]:
    """Return the wire facts in the rows of ``platform/command``; empty for commands that carry none."""
    for pattern, read in _READERS:
        if pattern.search(command):
            return read(platform, rows)
    return {}


def _identity(platform: str, rows: Rows) -> dict[str, Any]:
    """Return system, os, hostname, uptime and base MAC from version and system commands (the first row speaks)."""
    merged: dict[str, Any] = {}
    for row in reversed(rows):
        merged |= {name: value for name, value in row.items() if value}
    maker = first(merged, "vendor") or maker_of(platform)
    model = first(
        merged,
        "hardware_model",
        "hardware",
        "model",
        "product",
        "switch_model",
        "chassis",
        "board_name",
        "deviceid",
        "device_id",
        "device",
        "system",
        "product_name",
        "machine_model",
    )
    release = first(
        merged,
        "version",
        "junos_version",
        "software_version",
        "os",
        "sw_version",
        "image",
        "vrp_version",
        "os_version",
        "main_software_version",
        "software",
        "olt_version",
    )
    facts: dict[str, Any] = {
        "hostname": first(merged, "hostname", "name" if "contact" in merged else "hostname"),
        "system": present(
            vendor=maker,
            model=model,
            part_number=first(merged, "part_number", "product_number"),
            serial=first(merged, "serial", "serial_number", "chassis_serial_number", "serial_num"),
        ),
        "os": present(name=SYSTEMS.get(platform), version=release),
        "base_mac": mac_of(first(merged, "base_mac", "sys_mac", "mac_address", "system_mac", "burned_in_mac_address")),
        "uptime": _uptime(merged),
    }
    firmware = first(merged, "bios", "bios_version", "rommon", "rom_version", "boot_version", "current_firmware")
    facts["bios"] = present(version=firmware)
    if address := ip_of(first(merged, "ip_address", "mgmt_ip")):
        facts["interfaces"] = [{"name": "management", "mac": facts["base_mac"], "ips": [address]}]
    return facts


def _uptime(row: dict[str, Any]) -> int | None:
    """Return seconds from ``uptime_days`` and the like, or from words such as ``1 week, 2 days, 3 hours``."""
    factors = {"years": 31_536_000, "weeks": 604_800, "days": 86_400, "hours": 3600, "minutes": 60, "seconds": 1}
    parts = [(integer(row.get(f"uptime_{unit}")), factor) for unit, factor in factors.items()]
    if any(number is not None for number, _ in parts):
        return sum((number or 0) * factor for number, factor in parts)
    text = str(row.get("uptime") or row.get("up_time") or "")[:200]
    found = re.findall(r"(\d{1,9})\s*(y|w|d|h|m|s)", text.lower())
    letters = {"y": 31_536_000, "w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}
    if " up " in f" {text} ":
        return uptime_of_line(text).get("uptime")
    return sum(int(number) * letters[letter] for number, letter in found) if found else None


def _components(platform: str, rows: Rows) -> dict[str, Any]:
    """Return ``components [{name, model, serial, ...}]`` and the chassis as ``system`` where a row is the chassis."""
    if platform == "juniper_junos":
        return _juniper_hardware(rows)
    components: list[dict[str, Any]] = []
    for row in rows:
        serial = first(row, "sn", "serial", "serial_number", "device_serial_number", "serial_num")
        model = first(row, "pid", "model", "device_name", "part_number", "product_number")
        part = present(
            name=first(row, "name", "module", "port", "slot", "slot_id", "interface", "item", "switch"),
            model=model,
            serial=serial,
            description=first(row, "descr", "description", "cardtype", "type", "slot_type"),
            version=first(row, "vid", "hw_ver", "mod_hw", "revision", "hw_version"),
            vendor=first(row, "vendor_name", "manufacturer", "vendor"),
            firmware=first(row, "mod_sw", "sw_ver", "sw"),
            mac=mac_of(first(row, "mac_address")),
        )
        if part.keys() & {"model", "serial", "description"}:
            components.append(part)
    return {"components": components, "system": _chassis(platform, components, rows)}


def _chassis(platform: str, components: list[dict[str, Any]], rows: Rows) -> dict[str, Any]:
    """Return vendor, model and serial of the component that is the chassis: by its name, or Arista's own first row."""
    pattern = re.compile(r"chassis|^switch (?:system|\d)|^rack 0|system", re.IGNORECASE)
    for part, row in zip(components, rows, strict=False):
        words = f"{part.get('name', '')}|{part.get('description', '')}"
        own = platform == "arista_eos" and not row.get("port") and row.get("vid")
        if own or (pattern.search(words) and "fan" not in words.lower() and "power" not in words.lower()):
            maker = part.get("vendor") or maker_of(platform)
            return present(vendor=maker, model=part.get("model"), serial=part.get("serial"))
    return {}


def _juniper_hardware(rows: Rows) -> dict[str, Any]:
    """Return the parts of ``show chassis hardware``, whose rows hold a group of columns for each kind of part."""
    components: list[dict[str, Any]] = []
    system: dict[str, Any] = {}
    seen: set[tuple[str, str]] = set()
    for row in rows:
        if not system and row.get("chassis_serial_number"):
            system = present(
                vendor="Juniper", model=first(row, "chassis_description"), serial=first(row, "chassis_serial_number")
            )
        for column in row:
            group = column.removesuffix("_serial_number")
            serial = first(row, column) if group != column else None
            if not serial or serial == "BUILTIN" or group == "chassis" or (group, serial) in seen:
                continue
            seen.add((group, serial))
            components.append(
                present(
                    name=f"{group.upper()} {row.get(f'{group}_number') or ''}".strip(),
                    serial=serial,
                    model=first(row, f"{group}_description"),
                    part_number=first(row, f"{group}_part"),
                    version=first(row, f"{group}_version"),
                )
            )
    return {"components": components, "system": system}


def _neighbours(platform: str, rows: Rows, protocol: str) -> dict[str, Any]:
    found = [
        present(
            port=first(row, "local_interface", "local_port", "interface", "local_intf", "port"),
            host=first(
                row, "neighbor_name", "remote_system_name", "system_name", "neighbor", "destination_host", "ap_name"
            ),
            protocol=protocol,
            chassis_id=first(row, "chassis_id", "remote_chassis_id", "neighbor_chassis_id"),
            remote_port=first(row, "neighbor_interface", "neighbor_port_id", "remote_port", "neighbor_port", "port_id"),
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


def _lldp(platform: str, rows: Rows) -> dict[str, Any]:
    return _neighbours(platform, rows, "lldp")


def _cdp(platform: str, rows: Rows) -> dict[str, Any]:
    return _neighbours(platform, rows, "cdp")


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
        ):
            values = row.get(column)
            for value in values if isinstance(values, list) else [values]:
                if isinstance(value, str) and (ip := ip_of(value)) and ip not in item["ips"] + ["0.0.0.0"]:  # noqa: S104
                    item["ips"].append(ip)
        state = first(row, "link_status", "status", "link", "state", "oper_state", "linkstate", "admin_state", "phy")
        admin = first(row, "admin_status", "admin_state", "admin")
        item |= present(
            mtu=integer(first(row, "mtu")),
            description=first(row, "description", "descr", "alias"),
            vlan=integer(first(row, "vlan_id", "access_vlan", "vlan")),
            link=None if state is None else bool(re.match(r"(up|connected|active|yes|true|enabled)\b", state, re.I)),
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
        number = integer(first(row, "vlan_id", "id", "vid"))
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


def _resources(platform: str, rows: Rows) -> dict[str, Any]:
    """Return RouterOS' ``/system resource print``: identity, memory and the processor."""
    facts = _identity(platform, rows)
    row = rows[0] if rows else {}
    version = re.match(r"\S+", str(row.get("version") or ""))
    if version:
        facts["os"]["version"] = version.group()
    cpu = present(
        name=known(row.get("cpu")), cores=integer(row.get("cpu_count")), speed_mhz=integer(row.get("cpu_frequency"))
    )
    return facts | {"memory": present(total=size_of(row.get("total_memory"))), "cpus": [cpu] if cpu else []}


_READERS: Final[tuple[tuple[re.Pattern[str], Callable[[str, Rows], dict[str, Any]]], ...]] = (
    (re.compile(r"local-device|export|crashlog|processes|_cpu|database|uptime$"), lambda platform, rows: {}),
    (re.compile(r"cdp"), _cdp),
    (re.compile(r"lldp"), _lldp),
    (re.compile(r"resource_print"), _resources),
    (re.compile(r"mac[-_]addr|mac-learning|fdb|host_print"), _mac_table),
    (re.compile(r"arp|ipv6_neigh"), _arp),
    (re.compile(r"inventory|manuinfo|chassis_hardware|show_module|display_device|transceiver|system_id"), _components),
    (re.compile(r"vlan"), _vlans),
    (re.compile(r"ip_route$|route_print|routing-table$|show_route$"), _routes),
    (
        re.compile(r"version|system_status|system_info|show_system|routerboard|show_hostname|identity|manuinfo"),
        _identity,
    ),
    (re.compile(r"interface|ip_address_print|ip_link|ip_address"), _interfaces),
)
