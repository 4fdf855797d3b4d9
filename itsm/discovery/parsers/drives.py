"""Drives: hdparm and smartctl."""

from __future__ import annotations

import re
from typing import Any, Final

from itsm.discovery.parsers.bounds import json_of
from itsm.discovery.parsers.layout import key_values
from itsm.discovery.parsers.values import integer, known, present

_MAKERS: Final = {
    "samsung": "Samsung", "wdc": "Western Digital", "western digital": "Western Digital", "wd": "Western Digital",
    "seagate": "Seagate", "st": "Seagate", "hgst": "HGST", "hitachi": "Hitachi", "toshiba": "Toshiba",
    "intel": "Intel", "micron": "Micron", "mtfd": "Micron", "crucial": "Crucial", "kingston": "Kingston",
    "sandisk": "SanDisk", "fujitsu": "Fujitsu", "maxtor": "Maxtor", "ocz": "OCZ", "kioxia": "KIOXIA",
    "sk hynix": "SK hynix", "hynix": "SK hynix", "lite-on": "LITE-ON", "plextor": "Plextor", "corsair": "Corsair",
    "adata": "ADATA", "transcend": "Transcend", "apple": "Apple", "quantum": "Quantum", "solidigm": "Solidigm",
}  # fmt: skip
"""Makers whose drives carry their name, or a prefix of their own, at the front of the model."""


def _maker(*names: str | None) -> str | None:
    """Return the maker that the first of the names begins with; ``st`` and ``wd`` only before a digit."""
    for name in names:
        lower = (name or "").lower()
        for prefix, maker in _MAKERS.items():
            follows = lower[len(prefix) : len(prefix) + 1]
            if lower.startswith(prefix) and (
                follows.isdigit() if prefix in ("st", "wd") else prefix == "mtfd" or not follows.isalpha()
            ):
                return maker
    return None


def hdparm(text: str) -> dict[str, Any]:
    """Return the disk of ``hdparm -I``; sizes in bytes."""
    values = key_values(text)
    name = re.search(r"(?m)^(/dev/[\w/]{1,60}):", text)
    size = re.search(r"device size with M = 1000\*1000:\s+(\d+) MBytes", text)
    transport = values.get("Transport", "")
    wwn = re.search(r"(?:WWN Device Identifier|World wide name):\s*([0-9a-f]{16})", text)
    interface = "SATA" if "SATA" in transport or "Serial" in transport else ("ATA" if "Parallel" in transport else None)
    disk = present(
        name=name.group(1) if name else None,
        vendor=_maker(known(values.get("Model Number"))),
        model=known(values.get("Model Number")),
        serial=known(values.get("Serial Number")),
        firmware=known(values.get("Firmware Revision")),
        size=int(size.group(1)) * 1_000_000 if size else None,
        interface=interface,
        wwn=wwn.group(1) if wwn else None,
    )
    return {"disks": [disk] if disk else []}


def smartctl(text: str) -> dict[str, Any]:
    """Return the drive of ``smartctl -i`` or ``-j -i`` (ATA, SCSI/SAS, NVMe); sizes in bytes."""
    value = json_of(text) if text.lstrip()[:1] == "{" else None
    if isinstance(value, dict):
        return {"disks": [disk] if (disk := _smart_json(value)) else []}
    values = {name.lower(): data for name, data in key_values(text).items()}
    old = re.search(r"(?m)^Device: (\S+)\s+(\S.*?)\s+Version: (\S+)", text)
    vendor, product, revision = old.groups() if old else (None, None, None)
    protocol = values.get("transport protocol", "")
    kind = values.get("device type")
    capacity = (
        values.get("user capacity") or values.get("total nvm capacity") or values.get("namespace 1 size/capacity")
    )
    ata = "ata version is" in values or "sata version is" in values
    interface = "NVMe" if "nvme version" in values else ("SATA" if ata else protocol.split(" ")[0] or None)
    model = known(values.get("device model") or values.get("model number") or values.get("product") or product)
    family = known(values.get("model family"))
    disk = present(
        vendor=known(values.get("vendor") or vendor) or _maker(family, model),
        model=model,
        family=family,
        serial=known(values.get("serial number")),
        firmware=known(values.get("firmware version") or values.get("revision") or revision),
        size=integer(capacity),
        interface=interface,
        type=kind or ("disk" if ata or "user capacity" in values or old else None),
        wwn=re.sub(r"\s|^0x", "", values.get("lu wwn device id") or values.get("logical unit id") or ""),
        rotation=known(values.get("rotation rate")),
    )
    return {"disks": [disk] if disk else []}


def _smart_json(value: dict[str, Any]) -> dict[str, Any]:
    device = value.get("device")
    device = device if isinstance(device, dict) else {}
    capacity = value.get("user_capacity")
    size = capacity.get("bytes") if isinstance(capacity, dict) else value.get("nvme_total_capacity")
    return present(
        name=device.get("name"),
        vendor=known(str(value.get("scsi_vendor") or value.get("vendor") or "")),
        model=known(str(value.get("model_name") or value.get("scsi_model_name") or value.get("product") or "")),
        serial=known(str(value.get("serial_number") or "")),
        firmware=known(str(value.get("firmware_version") or value.get("revision") or "")),
        size=size if isinstance(size, int) else None,
        interface=device.get("protocol"),
    )
