"""Field-replaceable units: ``ipmitool fru``."""

from __future__ import annotations

import re
from typing import Any

from itsm.discovery.parsers.layout import key_values
from itsm.discovery.parsers.values import known, present, size_of


def ipmi_fru(text: str) -> dict[str, Any]:
    """Return the machine (the built-in FRU) and its field-replaceable parts; memory modules where they are FRUs."""
    facts: dict[str, Any] = {"system": {}, "chassis": {}, "baseboard": {}, "components": [], "memory_modules": []}
    for part in re.split(r"(?m)^(?=FRU Device Description)", text):
        values = key_values(part)
        title = values.get("FRU Device Description")
        if title is None or "Device not present" in part:
            continue
        name = re.sub(r" \(ID \d+\)$", "", title)
        if title.endswith("(ID 0)") or name in ("Builtin FRU Device", "FRU"):
            _main_fru(values, facts)
        elif "Memory Type" in values or "Memory size" in values:
            facts["memory_modules"].append(_fru_module(name, values))
        else:
            _fru_part(name, values, facts["components"])
    return facts


def _main_fru(values: dict[str, str], facts: dict[str, Any]) -> None:
    facts["system"] = present(
        vendor=known(values.get("Product Manufacturer")),
        model=known(values.get("Product Name")),
        serial=known(values.get("Product Serial")),
        version=known(values.get("Product Version")),
        part_number=known(values.get("Product Part Number")),
        asset_tag=known(values.get("Product Asset Tag")),
    )
    facts["chassis"] = present(type=known(values.get("Chassis Type")), serial=known(values.get("Chassis Serial")))
    facts["baseboard"] = present(
        vendor=known(values.get("Board Mfg")),
        model=known(values.get("Board Product")),
        serial=known(values.get("Board Serial")),
        part_number=known(values.get("Board Part Number")),
    )


def _fru_module(name: str, values: dict[str, str]) -> dict[str, Any]:
    return present(
        slot=name,
        size=size_of(values.get("Memory size"), unit="m") or 0,
        serial=known(values.get("Serial Number")),
        vendor=known(values.get("Manufacturer")),
        model=known(values.get("Part Number")),
        type=known(values.get("Memory Type")),
    )


def _fru_part(name: str, values: dict[str, str], components: list[dict[str, Any]]) -> None:
    part = present(
        vendor=known(values.get("Product Manufacturer") or values.get("Board Mfg")),
        model=known(values.get("Product Name") or values.get("Board Product")),
        serial=known(values.get("Product Serial")) or known(values.get("Board Serial")),
        part_number=known(values.get("Product Part Number")) or known(values.get("Board Part Number")),
    )
    if part:
        components.append({"name": name, **part})
