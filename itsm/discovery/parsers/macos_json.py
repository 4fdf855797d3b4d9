"""macOS' ``system_profiler -json``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from itsm.discovery.parsers.macos_report import hardware, memory, software
from itsm.discovery.parsers.values import known, mac_of, present

_HARDWARE: Final = (
    ("Model Identifier", "machine_model"), ("Model Name", "machine_name"), ("Serial Number", "serial_number"),
    ("Hardware UUID", "platform_UUID"), ("Processor Name", "cpu_type"), ("Chip", "chip_type"),
    ("Memory", "physical_memory"), ("Boot ROM Version", "boot_rom_version"),
    ("Processor Speed", "current_processor_speed"),
)  # fmt: skip
_MEMORY: Final = (
    ("Size", "dimm_size"), ("Type", "dimm_type"), ("Speed", "dimm_speed"), ("Serial Number", "dimm_serial_number"),
    ("Manufacturer", "dimm_manufacturer"), ("Part Number", "dimm_part_number"), ("Status", "dimm_status"),
)  # fmt: skip
"""(label of the text report, name in JSON): both are read by the same functions."""


def _items(value: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """Yield the objects below a data type, nested ``_items`` too."""
    waiting = list(reversed(value.get(name) or [])) if isinstance(value.get(name), list) else []
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield item
            inner = item.get("_items")
            waiting += reversed(inner) if isinstance(inner, list) else []


def facts_of_json(value: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of ``system_profiler -json``, whatever data types it was asked for."""
    facts: dict[str, Any] = {}
    for item in _items(value, "SPHardwareDataType"):
        facts |= hardware({label: str(item[name]) for label, name in _HARDWARE if item.get(name)})
    modules = [
        memory(("Memory", str(item.get("_name") or "")), _labelled(item)) for item in _items(value, "SPMemoryDataType")
    ]
    facts["memory_modules"] = [module for group in modules for module in group]
    facts["software"] = [
        present(name=item.get("_name"), version=item.get("version")) for item in _items(value, "SPApplicationsDataType")
    ]
    drives = [*_items(value, "SPNVMeDataType"), *_items(value, "SPSerialATADataType")]
    facts["disks"] = [_json_disk(item) for item in drives if isinstance(item.get("bsd_name"), str)]
    facts |= _json_system(value)
    facts["interfaces"] = [item for item in map(_json_interface, _items(value, "SPNetworkDataType")) if item]
    facts["filesystems"] = [item for item in map(_json_volume, _items(value, "SPStorageDataType")) if item]
    return facts


def _labelled(item: dict[str, Any]) -> dict[str, str]:
    return {label: str(item[name]) for label, name in _MEMORY if name in item}


def _json_disk(item: dict[str, Any]) -> dict[str, Any]:
    size = item.get("size_in_bytes")
    return present(
        name=item["bsd_name"],
        model=known(str(item.get("device_model") or "")),
        serial=known(str(item.get("device_serial") or "")),
        firmware=known(str(item.get("device_revision") or "")),
        size=size if isinstance(size, int) else None,
    )


def _json_system(value: dict[str, Any]) -> dict[str, Any]:
    for item in _items(value, "SPSoftwareDataType"):
        told = {
            "System Version": str(item.get("os_version") or ""),
            "Kernel Version": str(item.get("kernel_version") or ""),
        }
        return software(told | {"Computer Name": str(item.get("local_host_name") or "")})
    return {}


def _json_interface(item: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(item.get("interface"), str):
        return {}
    ethernet = item.get("Ethernet")
    mac = mac_of(str(ethernet.get("MAC Address") or "")) if isinstance(ethernet, dict) else None
    listed = item.get("ip_address")
    ips = [address for address in listed if isinstance(address, str)] if isinstance(listed, list) else []
    return present(name=item["interface"], title=item.get("_name"), mac=mac) | {"ips": ips}


def _json_volume(item: dict[str, Any]) -> dict[str, Any]:
    size, free = item.get("size_in_bytes"), item.get("free_space_in_bytes")
    if not (isinstance(size, int) and isinstance(free, int) and isinstance(item.get("mount_point"), str)):
        return {}
    return present(
        device=item.get("bsd_name"),
        mount=item["mount_point"],
        type=item.get("file_system"),
        size=size,
        used=size - free,
        free=free,
    )
