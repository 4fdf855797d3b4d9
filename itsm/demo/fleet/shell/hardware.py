"""dmidecode, /sys/class/dmi, lscpu and /proc/cpuinfo of a simulated computer."""

from __future__ import annotations

import json
from typing import Any, Final

from itsm.demo.fleet.mibs.host import memory_bytes
from itsm.demo.fleet.world import Facts

_HEAD: Final = "# dmidecode 3.4\nGetting SMBIOS data from sysfs.\nSMBIOS 3.4.0 present.\n"
_TYPES: Final = {
    "bios": (0,),
    "system": (1,),
    "baseboard": (2,),
    "chassis": (3,),
    "processor": (4,),
    "memory": (16, 17),
}
_LAST_HANDLE: Final = 0x1000


def identity_files(facts: Facts) -> dict[str, str]:
    """Return the files of /sys/class/dmi/id by name."""
    firmware = facts["hardware"]
    return {
        "bios_date": firmware["bios_date"],
        "bios_vendor": firmware["bios_vendor"],
        "bios_version": firmware["bios_version"],
        "board_name": firmware["board"],
        "board_serial": f"/{facts['serial']}/CNWS3007/",
        "board_vendor": firmware["vendor"],
        "chassis_serial": facts["serial"],
        "chassis_type": str(firmware["chassis_number"]),
        "chassis_vendor": firmware["vendor"],
        "product_family": firmware.get("family", firmware["product"]),
        "product_name": firmware["product"],
        "product_serial": facts["serial"],
        "product_uuid": facts["uuid"],
        "product_version": firmware["version"],
        "sys_vendor": firmware["vendor"],
    }


def dmidecode(facts: Facts, wanted: str | None) -> str:
    """Return the SMBIOS tables; ``wanted`` names types as ``-t`` does (numbers or words), None for all."""
    numbers: set[int] | None = None
    if wanted is not None:
        numbers = set()
        for word in wanted.replace(" ", ",").split(","):
            numbers.update(_TYPES.get(word, (int(word),) if word.isdigit() else ()))
    text = _HEAD
    for number, (kind, body) in enumerate(_structures(facts)):
        if numbers is None or kind in numbers:
            text += f"\nHandle 0x{_LAST_HANDLE + number:04X}, DMI type {kind}, 64 bytes\n{body}"
    return text + "\n"


def dmi_string(facts: Facts, keyword: str) -> str | None:
    """Return what ``dmidecode -s keyword`` prints, or None for a keyword it doesn't know."""
    words = {
        "system-manufacturer": "sys_vendor", "system-product-name": "product_name", "system-version": "product_version",
        "system-serial-number": "product_serial", "system-uuid": "product_uuid", "bios-vendor": "bios_vendor",
        "bios-version": "bios_version", "bios-release-date": "bios_date", "chassis-serial-number": "chassis_serial",
        "baseboard-product-name": "board_name", "baseboard-manufacturer": "board_vendor",
    }  # fmt: skip
    name = words.get(keyword)
    return None if name is None else identity_files(facts)[name]


def _structures(facts: Facts) -> list[tuple[int, str]]:
    firmware = facts["hardware"]
    found = [
        (0, _block("BIOS Information", {
            "Vendor": firmware["bios_vendor"], "Version": firmware["bios_version"],
            "Release Date": firmware["bios_date"], "ROM Size": "32 MB",
        })),
        (1, _block("System Information", {
            "Manufacturer": firmware["vendor"], "Product Name": firmware["product"], "Version": firmware["version"],
            "Serial Number": facts["serial"], "UUID": facts["uuid"], "Wake-up Type": "Power Switch",
            "SKU Number": firmware.get("sku", "Not Specified"), "Family": firmware.get("family", firmware["product"]),
        })),
        (2, _block("Base Board Information", {
            "Manufacturer": firmware["vendor"], "Product Name": firmware["board"], "Version": "A01",
            "Serial Number": f"/{facts['serial']}/CNWS3007/", "Type": "Motherboard",
        })),
        (3, _block("Chassis Information", {
            "Manufacturer": firmware["vendor"], "Type": firmware["chassis"], "Serial Number": facts["serial"],
            "Asset Tag": "Not Specified",
        })),
    ]  # fmt: skip
    found += [(4, _processor(facts["cpu"], socket)) for socket in range(facts["cpu"]["sockets"])]
    found.append((16, _block("Physical Memory Array", {
        "Location": "System Board Or Motherboard", "Use": "System Memory", "Maximum Capacity": "64 GB",
        "Number Of Devices": str(len(facts["memory"])),
    })))  # fmt: skip
    return found + [(17, _module(module)) for module in facts["memory"]]


def _block(title: str, fields: dict[str, str]) -> str:
    return title + "\n" + "".join(f"\t{name}: {value}\n" for name, value in fields.items())


def _processor(cpu: Facts, socket: int) -> str:
    return _block("Processor Information", {
        "Socket Designation": f"CPU {socket}", "Type": "Central Processor",
        "Manufacturer": "Intel(R) Corporation" if "Intel" in cpu["model"] else "Advanced Micro Devices, Inc.",
        "Version": cpu["model"], "Current Speed": f"{cpu['mhz']} MHz", "Status": "Populated, Enabled",
        "Core Count": str(cpu["cores"]), "Core Enabled": str(cpu["cores"]),
        "Thread Count": str(cpu["cores"] * cpu["threads"]),
    })  # fmt: skip


def _module(module: dict[str, Any]) -> str:
    if not module.get("size_gb"):
        return _block("Memory Device", {"Size": "No Module Installed", "Locator": module["slot"]})
    return _block("Memory Device", {
        "Total Width": "64 bits", "Data Width": "64 bits", "Size": f"{module['size_gb']} GB", "Form Factor": "SODIMM",
        "Locator": module["slot"], "Bank Locator": "Not Specified", "Type": module.get("type", "DDR4"),
        "Speed": f"{module.get('speed', 3200)} MT/s", "Manufacturer": module.get("maker", "Unknown"),
        "Serial Number": module.get("serial", "Not Specified"), "Asset Tag": "Not Specified",
        "Part Number": module.get("part", "Not Specified"),
    })  # fmt: skip


def lscpu(facts: Facts, *, as_json: bool) -> str:
    """Return lscpu's table, or the same as JSON."""
    cpu = facts["cpu"]
    total = cpu["sockets"] * cpu["cores"] * cpu["threads"]
    rows = [
        ("Architecture", "x86_64"), ("CPU op-mode(s)", "32-bit, 64-bit"), ("Byte Order", "Little Endian"),
        ("CPU(s)", str(total)), ("On-line CPU(s) list", f"0-{total - 1}" if total > 1 else "0"),
        ("Vendor ID", cpu["vendor"]), ("Model name", cpu["model"]), ("Thread(s) per core", str(cpu["threads"])),
        ("Core(s) per socket", str(cpu["cores"])), ("Socket(s)", str(cpu["sockets"])),
        ("CPU max MHz", f"{cpu['mhz'] + 2600}.0000"), ("CPU min MHz", "400.0000"), ("Virtualization", "VT-x"),
    ]  # fmt: skip
    if as_json:
        return json.dumps({"lscpu": [{"field": f"{name}:", "data": data} for name, data in rows]}, indent=3) + "\n"
    return "".join(f"{name + ':':<33}{data}\n" for name, data in rows)


def cpuinfo(facts: Facts) -> str:
    """Return /proc/cpuinfo."""
    cpu = facts["cpu"]
    per_socket = cpu["cores"] * cpu["threads"]
    blocks = []
    for number in range(cpu["sockets"] * per_socket):
        socket, inside = divmod(number, per_socket)
        blocks.append(
            f"processor\t: {number}\nvendor_id\t: {cpu['vendor']}\ncpu family\t: 6\nmodel\t\t: 186\n"
            f"model name\t: {cpu['model']}\nstepping\t: 3\ncpu MHz\t\t: {cpu['mhz']}.000\ncache size\t: 12288 KB\n"
            f"physical id\t: {socket}\nsiblings\t: {per_socket}\ncore id\t\t: {inside // cpu['threads']}\n"
            f"cpu cores\t: {cpu['cores']}\nfpu\t\t: yes\n\n"
        )
    return "".join(blocks)


def usable_kb(facts: Facts) -> int:
    """Return the memory that a kernel reports: what is installed less what firmware keeps."""
    return memory_bytes(facts) // 1024 * 97 // 100


def meminfo(facts: Facts) -> str:
    """Return /proc/meminfo."""
    total = usable_kb(facts)
    rows = {"MemTotal": total, "MemFree": total // 3, "MemAvailable": total * 2 // 3, "Buffers": total // 40}
    rows |= {"Cached": total // 4, "SwapTotal": 2097148, "SwapFree": 2097148}
    return "".join(f"{name + ':':<16}{value:>8} kB\n" for name, value in rows.items())
