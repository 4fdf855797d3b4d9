"""What a network device is and is made of, from the rows of its version, system and inventory commands."""

from __future__ import annotations

import re
from typing import Any, Final

from itsm.discovery.parsers.network_makers import SYSTEMS, maker_of
from itsm.discovery.parsers.systems import uptime as uptime_of_line
from itsm.discovery.parsers.values import first, integer, ip_of, known, mac_of, present, size_of

Rows = list[dict[str, Any]]

_MODEL_COLUMNS: Final = (
    "hardware_model", "model", "board_name", "hardware", "product", "switch_model", "chassis", "system_type",
    "deviceid",
    "device_id", "device", "system", "product_name", "machine_model", "platform",
)  # fmt: skip
_VERSION_COLUMNS: Final = (
    "version", "junos_version", "software_version", "os", "sw_version", "os_version", "vrp_version", "runtime_version",
    "main_software_version", "software", "olt_version", "image",
)  # fmt: skip
_SERIAL_COLUMNS: Final = ("serial", "serial_number", "chassis_serial_number", "serial_num", "sn")


def identity(platform: str, rows: Rows) -> dict[str, Any]:
    """Return system, os, hostname, uptime and base MAC from version and system commands (the first row speaks)."""
    merged: dict[str, Any] = {}
    for row in reversed(rows):
        merged |= {name: value for name, value in row.items() if value}
    facts: dict[str, Any] = {
        "hostname": first(merged, "hostname", "name" if "contact" in merged or set(merged) == {"name"} else "hostname"),
        "system": present(
            vendor=first(merged, "vendor") or maker_of(platform),
            model=_plain_model(first(merged, *_MODEL_COLUMNS)),
            serial=first(merged, *_SERIAL_COLUMNS),
            part_number=first(merged, "part_number", "product_number", "system_part_number"),
        ),
        "os": present(name=SYSTEMS.get(platform), version=first(merged, *_VERSION_COLUMNS)),
        "base_mac": mac_of(first(merged, "base_mac", "sys_mac", "mac_address", "system_mac", "burned_in_mac_address")),
        "uptime": _uptime(merged),
        "components": _members(merged),
    }
    firmware = first(merged, "bios", "bios_version", "rommon", "rom_version", "boot_version", "current_firmware")
    facts["bios"] = present(version=firmware if (firmware and firmware[:1].isdigit()) or "." in str(firmware) else None)
    if address := ip_of(first(merged, "ip_address", "mgmt_ip")):
        facts["interfaces"] = [{"name": "management", "mac": facts["base_mac"], "ips": [address]}]
    _habits(platform, merged, facts)
    return facts


def _plain_model(text: str | None) -> str | None:
    """Return a model without the memory, processor and the like that some put behind it."""
    return known(re.split(r",|\s\(|\sprocessor\b", text)[0]) if text else None


def _members(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the members of a stack: models and serials of one row, where it lists more than one of each."""
    models, serials = row.get("hardware"), row.get("serial")
    if not (isinstance(models, list) and isinstance(serials, list) and len(models) == len(serials) > 1):
        return []
    pairs = enumerate(zip(models, serials, strict=True), start=1)
    return [present(name=f"member {number}", model=model, serial=known(serial)) for number, (model, serial) in pairs]


def _habits(platform: str, row: dict[str, Any], facts: dict[str, Any]) -> None:
    """Take apart what two makers print as one: FortiOS' version and AOS' description."""
    version = str(facts["os"].get("version", ""))
    if platform == "fortinet" and (match := re.match(r"(\S+) v(\d[\d.]*)(?:,build(\d+))?", version)):
        facts["system"].setdefault("model", match.group(1))
        facts["os"] |= present(version=match.group(2), build=match.group(3))
    description = str(row.get("description") or "")
    if platform == "alcatel_aos" and (match := re.search(r"\b(OS\d[\w-]*) (\d+(?:\.\w+)+)", description)):
        facts["system"].setdefault("model", match.group(1))
        facts["os"].setdefault("version", match.group(2))


def _uptime(row: dict[str, Any]) -> int | None:
    """Return seconds from ``uptime_days`` and the like, or from words such as ``1 week, 2 days, 3 hours``."""
    factors = {"years": 31_536_000, "weeks": 604_800, "days": 86_400, "hours": 3600, "minutes": 60, "seconds": 1}
    parts = [(integer(row.get(f"uptime_{unit}")), factor) for unit, factor in factors.items()]
    if any(number is not None for number, _ in parts):
        return sum((number or 0) * factor for number, factor in parts)
    return seconds_of(str(row.get("uptime") or row.get("up_time") or ""))


def seconds_of(text: str) -> int | None:
    """Return the seconds in words such as ``1 week, 2 days, 3 hours`` or ``6w5d11h``, or in a line of ``uptime``."""
    text = text[:200]
    if " up " in f" {text} ":
        return uptime_of_line(text).get("uptime")
    found = re.findall(r"(\d{1,9})\s*(y|w|d|h|m|s)", text.lower())
    letters = {"y": 31_536_000, "w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}
    clock = re.search(r"\b(\d{1,5}):(\d\d):(\d\d)\b", text)
    if clock:
        found += zip(clock.groups(), "hms", strict=True)
    return sum(int(number) * letters[letter] for number, letter in found) if found else None


def components(platform: str, rows: Rows) -> dict[str, Any]:
    """Return ``components [{name, model, serial, ...}]`` and the chassis as ``system`` where a row is the chassis."""
    if platform == "juniper_junos":
        return _juniper_hardware(rows)
    parts: list[dict[str, Any]] = []
    for row in rows:
        serial = first(row, "sn", "serial", "serial_number", "device_serial_number", "serial_num")
        model = first(row, "pid", "model", "device_name", "part_number", "product_number")
        part = present(
            name=raw(row, "name", "module", "port", "slot", "slot_id", "interface", "item", "switch"),
            model=model,
            serial=serial,
            description=first(row, "descr", "description", "cardtype", "type", "slot_type"),
            version=first(row, "vid", "hw_ver", "mod_hw", "revision", "hw_version"),
            vendor=first(row, "vendor_name", "manufacturer", "vendor"),
            firmware=first(row, "mod_sw", "sw_ver", "sw"),
            mac=mac_of(first(row, "mac_address")),
        )
        if part.keys() & {"model", "serial", "description"}:
            parts.append(part)
    return {"components": parts, "system": _chassis(platform, parts, rows)}


def raw(row: dict[str, Any], *names: str) -> str | None:
    """Return the first of the named fields that is text, also where it is only a "0"."""
    return next((text for name in names if isinstance(text := row.get(name), str) and text.strip()), None)


def _chassis(platform: str, parts: list[dict[str, Any]], rows: Rows) -> dict[str, Any]:
    """Return vendor, model and serial of the component that is the chassis.

    It is known by its name; Arista's first row is it; a Comware switch that is one box calls itself its first slot.
    """
    pattern = re.compile(r"chassis|^switch (?:system|\d)|^rack 0|system", re.IGNORECASE)
    for part, row in zip(parts, rows, strict=False):
        words = f"{part.get('name', '')}|{part.get('description', '')}"
        own = platform == "arista_eos" and not row.get("port") and row.get("vid")
        if own or (pattern.search(words) and "fan" not in words.lower() and "power" not in words.lower()):
            maker = part.get("vendor") or maker_of(platform)
            if part.keys() & {"model", "serial"}:
                return present(vendor=maker, model=part.get("model"), serial=part.get("serial"))
            return {}
    boxes = [part for part in parts if platform == "hp_comware" and part.get("description", "Slot").lower() == "slot"]
    for part in boxes[:1]:
        return present(vendor=part.get("vendor", "HPE"), model=part.get("model"), serial=part.get("serial"))
    return {}


def _juniper_hardware(rows: Rows) -> dict[str, Any]:
    """Return the parts of ``show chassis hardware``, whose rows hold a group of columns for each kind of part."""
    parts: list[dict[str, Any]] = []
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
            parts.append(
                present(
                    name=f"{group.upper()} {row.get(f'{group}_number') or ''}".strip(),
                    serial=serial,
                    model=first(row, f"{group}_description"),
                    part_number=first(row, f"{group}_part"),
                    version=first(row, f"{group}_version"),
                )
            )
    return {"components": parts, "system": system}


def resources(platform: str, rows: Rows) -> dict[str, Any]:
    """Return RouterOS' ``/system resource print``: identity, memory and the processor."""
    facts = identity(platform, rows)
    row = rows[0] if rows else {}
    version = re.match(r"\S+", str(row.get("version") or ""))
    if version:
        facts["os"]["version"] = version.group()
    cpu = present(
        name=known(row.get("cpu")), cores=integer(row.get("cpu_count")), speed_mhz=integer(row.get("cpu_frequency"))
    )
    return facts | {"memory": present(total=size_of(row.get("total_memory"))), "cpus": [cpu] if cpu else []}
