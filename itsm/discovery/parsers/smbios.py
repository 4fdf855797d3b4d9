"""``dmidecode``: the machine, its board, firmware, processors and memory modules from the SMBIOS table.

Reads the layout since version 2 (``Handle 0x0001, DMI type 1, 27 bytes``) and that of the 1.x and BSD ports (handle,
type and title on lines of their own, other attribute names).  Source: DMTF DSP0134 and the manual page.
"""

from __future__ import annotations

import re
from typing import Any, Final

from itsm.discovery.parsers.smbios_table import Structure, structures
from itsm.discovery.parsers.values import (
    integer,
    known,
    megahertz,
    model_name,
    module_maker,
    part_number,
    present,
    size_of,
)

_SIGNATURE: Final = re.compile(r"(?:Extended )?(Family|Model|Stepping) (\d{1,5})")


def _of_type(table: list[Structure], number: int) -> list[Structure]:
    return [item for item in table if item.type == number and item.values]


def _system(table: list[Structure]) -> dict[str, Any]:
    for item in _of_type(table, 1):
        uuid = item.text("UUID")
        return present(
            vendor=item.text("Manufacturer", "Vendor"),
            model=item.text("Product Name", "Product"),
            version=item.text("Version"),
            serial=item.text("Serial Number"),
            uuid=uuid if uuid and re.fullmatch(r"[0-9A-Fa-f-]{36}", uuid) else None,
            sku=item.text("SKU Number"),
            family=item.text("Family"),
        )
    return {}


def _board(item: Structure) -> dict[str, Any]:
    return present(
        vendor=item.text("Manufacturer", "Vendor"),
        model=item.text("Product Name", "Product"),
        version=item.text("Version"),
        serial=item.text("Serial Number"),
        asset_tag=item.text("Asset Tag"),
    )


def _chassis(item: Structure) -> dict[str, Any]:
    return present(
        type=item.text("Type", "Chassis Type"),
        vendor=item.text("Manufacturer", "Vendor"),
        version=item.text("Version"),
        serial=item.text("Serial Number"),
        asset_tag=item.text("Asset Tag"),
    )


def _bios(item: Structure) -> dict[str, Any]:
    return present(vendor=item.text("Vendor"), version=item.text("Version"), date=item.text("Release Date", "Release"))


def _cpuid(item: Structure) -> str | None:
    """Return the processor's identification, most significant octet first; the table has it the other way round."""
    octets = item.values.get("ID", "").split()
    number = "".join(reversed(octets)).upper()
    return number if len(octets) == 8 and re.fullmatch(r"[0-9A-F]{16}", number) else None


def _signature(eax: int) -> dict[str, int]:
    """Return family, model and stepping from CPUID leaf 1 (Intel SDM volume 2, AMD's CPUID specification)."""
    family, model = (eax >> 8) & 15, (eax >> 4) & 15
    if family in (6, 15):
        model |= (eax >> 12) & 0xF0
    if family == 15:
        family += (eax >> 20) & 0xFF
    return {"family": family, "model": model, "stepping": eax & 15}


def _cpu(item: Structure) -> dict[str, Any]:
    cpuid = _cpuid(item)
    signature = {name.lower(): int(number) for name, number in _SIGNATURE.findall(item.values.get("Signature", ""))}
    if cpuid and int(cpuid[8:], 16):
        signature = _signature(int(cpuid[8:], 16))
    name = model_name(item.text("Version", "Processor Version"))
    family = item.text("Family", "Processor Family")
    return present(
        name=name or family,
        vendor=item.text("Manufacturer", "Processor Manufacturer"),
        socket=item.text("Socket Designation"),
        family=family,
        cores=integer(item.values.get("Core Enabled")) or integer(item.values.get("Core Count")),
        threads=integer(item.values.get("Thread Count")),
        speed_mhz=megahertz(item.values.get("Current Speed")) or megahertz(item.values.get("Max Speed")),
        max_speed_mhz=megahertz(item.values.get("Max Speed")),
        external_clock_mhz=megahertz(item.values.get("External Clock")),
        serial=item.text("Serial Number"),
        cpuid=cpuid,
        family_number=signature.get("family"),
        model_number=signature.get("model"),
        stepping=signature.get("stepping"),
    )


def _cpus(table: list[Structure]) -> list[dict[str, Any]]:
    fitted = [
        item
        for item in _of_type(table, 4)
        if "Unpopulated" not in item.values.get("Status", "")
        and item.values.get("Type", item.values.get("Processor Type", "Central Processor")) == "Central Processor"
    ]
    return [cpu for item in fitted if (cpu := _cpu(item))]


def _module(item: Structure, correction: str | None) -> dict[str, Any]:
    size = size_of(item.values.get("Size") or item.values.get("Installed Size"), unit="m") or 0
    return present(
        slot=(item.values.get("Locator") or item.values.get("Socket") or "").strip() or None,
        bank=item.text("Bank Locator"),
        size=size,
        serial=item.text("Serial Number"),
        vendor=module_maker(item.text("Manufacturer")),
        model=part_number(item.values.get("Part Number")),
        type=item.text("Type"),
        form_factor=item.text("Form Factor"),
        speed_mhz=megahertz(item.values.get("Speed")),
        asset_tag=item.text("Asset Tag"),
        error_correction=correction,
    )


def _memory(table: list[Structure]) -> list[dict[str, Any]]:
    """Return a row a slot; an empty slot has size 0.  Flash and system ROM arrays are no memory."""
    correction: str | None = None
    use = "System Memory"
    modules = []
    for item in table:
        if item.type == 16:
            correction = item.text("Error Correction Type")
            use = item.values.get("Use", "System Memory")
        elif item.type == 17 and use == "System Memory" and item.values:
            modules.append(_module(item, correction))
    return modules or [_module(item, None) for item in _of_type(table, 6)]


def dmidecode(text: str) -> dict[str, Any]:
    """Return system, baseboard, chassis, bios, cpus and memory_modules (sizes in bytes, clocks in MHz)."""
    table = structures(text)
    facts: dict[str, Any] = {"system": _system(table)}
    for name, number, read in (("baseboard", 2, _board), ("chassis", 3, _chassis), ("bios", 0, _bios)):
        facts[name] = next((part for item in _of_type(table, number) if (part := read(item))), {})
    if facts["system"] and "serial" not in facts["system"] and "serial" in facts["chassis"]:
        facts["system"]["serial"] = facts["chassis"]["serial"]
    facts["cpus"] = _cpus(table)
    facts["memory_modules"] = _memory(table)
    facts["batteries"] = [part for item in _of_type(table, 22) if (part := _battery(item))]
    facts["power_supplies"] = [part for item in _of_type(table, 39) if (part := _power_supply(item))]
    facts["slots"] = [part for item in _of_type(table, 9) if (part := _slot(item))]
    return facts


def _battery(item: Structure) -> dict[str, Any]:
    """Return a battery; its capacity in mWh, its voltage in mV as designed."""
    return present(
        name=item.text("Name"),
        vendor=item.text("Manufacturer"),
        serial=item.text("Serial Number", "SBDS Serial Number"),
        chemistry=item.text("Chemistry", "SBDS Chemistry"),
        date=item.text("Manufacture Date", "SBDS Manufacture Date"),
        capacity_mwh=integer(item.values.get("Design Capacity")),
        voltage_mv=integer(item.values.get("Design Voltage")),
    )


def _power_supply(item: Structure) -> dict[str, Any]:
    """Return a power supply; its highest load in watts."""
    return present(
        name=item.text("Name"),
        vendor=item.text("Manufacturer"),
        serial=item.text("Serial Number"),
        model=item.text("Model Part Number"),
        location=item.text("Location"),
        watts=integer(item.values.get("Max Power Capacity")),
        hot_replaceable={"Yes": True, "No": False}.get(item.values.get("Hot Replaceable", "")),
    )


def _slot(item: Structure) -> dict[str, Any]:
    return present(
        name=item.text("Designation", "Slot"),
        type=item.text("Type"),
        usage=item.text("Current Usage"),
        bus_address=item.text("Bus Address"),
    )


CHASSIS_TYPES: Final = {
    "3": "Desktop",
    "4": "Low Profile Desktop",
    "6": "Mini Tower",
    "7": "Tower",
    "8": "Portable",
    "9": "Laptop",
    "10": "Notebook",
    "13": "All In One",
    "14": "Sub Notebook",
    "15": "Space-saving",
    "16": "Lunch Box",
    "17": "Main Server Chassis",
    "23": "Rack Mount Chassis",
    "28": "Blade",
    "30": "Tablet",
    "31": "Convertible",
    "32": "Detachable",
    "35": "Mini PC",
    "36": "Stick PC",
}
"""Chassis types by number (DMTF DSP0134, table 17)."""


def dmidecode_string(text: str, *, keyword: str) -> dict[str, Any]:
    """Return the one fact of ``dmidecode -s KEYWORD`` or of a file below /sys/class/dmi/id."""
    value = known(next((line for line in text.split("\n") if line.strip() and not line.startswith("#")), None))
    part, _, name = keyword.replace("_", "-").partition("-")
    names = {"manufacturer": "vendor", "product-name": "model", "serial-number": "serial", "name": "model"}
    names |= {"release-date": "date", "vendor": "vendor", "version": "version", "uuid": "uuid", "serial": "serial"}
    names |= {"asset-tag": "asset_tag", "type": "type", "date": "date", "sku-number": "sku", "family": "family"}
    group = {"product": "system", "sys": "system", "board": "baseboard"}.get(part, part)
    if keyword == "chassis_type":  # the kernel gives the number, dmidecode the word
        value = CHASSIS_TYPES.get(str(value), value)
    return {group: present(**{names.get(name, name): value})}
