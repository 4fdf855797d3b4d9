"""The sections of macOS' ``system_profiler`` report, and what each of them tells."""

from __future__ import annotations

import re
from typing import Any

from itsm.discovery.parsers.values import (
    integer,
    known,
    mac_of,
    megahertz,
    model_name,
    module_maker,
    part_number,
    present,
    size_of,
)

Section = tuple[tuple[str, ...], dict[str, str]]


def sections(text: str) -> list[Section]:
    """Return (path of headings, values) of every section, in the order of the report."""
    found: list[Section] = []
    path: list[tuple[int, str]] = []
    for line in text.split("\n"):
        bare = line.strip()
        if not bare:
            continue
        indent = len(line.expandtabs()) - len(bare)
        name, colon, value = bare.partition(": ")
        if bare.endswith(":") and (not colon or not value):
            while path and path[-1][0] >= indent:
                path.pop()
            if len(path) < 16:
                path.append((indent, bare[:-1]))
                found.append((tuple(title for _, title in path), {}))
        elif colon and found:
            while len(path) > 1 and path[-1][0] >= indent:
                path.pop()
                found.append((tuple(title for _, title in path), {}))
            found[-1][1].setdefault(name, value.strip())
    return [section for section in found if section[1]]


def hardware(values: dict[str, str]) -> dict[str, Any]:
    """Return the facts of the hardware section."""
    cores = values.get("Total Number of Cores") or values.get("Total Number Of Cores")
    name = values.get("Chip") or values.get("Processor Name") or values.get("CPU Type")
    speed = values.get("Processor Speed") or values.get("CPU Speed")
    count = integer(
        values.get("Number of Processors") or values.get("Number Of Processors") or values.get("Number Of CPUs")
    )
    cpu = present(
        name=model_name(name), speed_mhz=megahertz(speed), cores=(integer(cores) or 0) // (count or 1) or None
    )
    firmware = values.get("System Firmware Version") or values.get("Boot ROM Version")
    return {
        "system": present(
            vendor="Apple",
            model=known(values.get("Model Identifier") or values.get("Machine Model")),
            name=known(values.get("Model Name") or values.get("Machine Name")),
            serial=known(values.get("Serial Number (system)") or values.get("Serial Number")),
            uuid=known(values.get("Hardware UUID")),
            part_number=known(values.get("Model Number")),
        ),
        "bios": present(vendor="Apple", version=firmware) if firmware else {},
        "cpus": [dict(cpu) for _ in range(min(count or 1, 16))] if cpu else [],
        "memory": present(total=size_of(values.get("Memory"))),
    }


def memory(path: tuple[str, ...], values: dict[str, str]) -> list[dict[str, Any]]:
    """Return the facts of the memory section."""
    if len(path) == 1 and "Memory" in values:
        module = present(
            slot="Integrated memory",
            size=size_of(values["Memory"]),
            type=known(values.get("Type")),
            vendor=module_maker(values.get("Manufacturer")),
        )
        return [module]
    if "Size" not in values or len(path) < 2:
        return []
    return [
        present(
            slot=path[-1],
            size=size_of(values["Size"]) or 0,
            type=known(values.get("Type")),
            speed_mhz=megahertz(values.get("Speed")),
            serial=known(values.get("Serial Number")),
            vendor=module_maker(values.get("Manufacturer")),
            model=part_number(values.get("Part Number")),
            status=known(values.get("Status")),
        )
    ]


def software(values: dict[str, str]) -> dict[str, Any]:
    """Return the facts of the software section."""
    match = re.match(r"(.*?) (\d[\d.]*) \((\w+)\)", values["System Version"])
    name, version, build = match.groups() if match else (values["System Version"], None, None)
    return {
        "os": present(
            name=name, version=version, build=build, kernel=values.get("Kernel Version", "").removeprefix("Darwin ")
        ),
        "hostname": known(values.get("Computer Name")),
    }


def signer(values: dict[str, str]) -> str | None:
    """Return who signed an application, or None."""
    match = re.match(r"Developer ID Application: (.*?) \(\w+\)", values.get("Signed by", ""))
    if match:
        return match.group(1)
    return "Apple" if values.get("Obtained from") == "Apple" else None


def disk(values: dict[str, str]) -> dict[str, Any]:
    """Return a drive."""
    size = re.search(r"\(([\d., ]+) bytes\)", values.get("Capacity", ""))
    return present(
        name=values["BSD Name"],
        model=known(values.get("Model")),
        serial=known(values.get("Serial Number")),
        firmware=known(values.get("Revision")),
        size=integer(size.group(1)) if size else size_of(values.get("Capacity"), binary=False),
    )


def interface(path: tuple[str, ...], values: dict[str, str]) -> dict[str, Any]:
    """Return a network interface by its section."""
    return present(
        name=values["BSD Device Name"],
        title=path[-1],
        type=known(values.get("Type")),
        mac=mac_of(values.get("MAC Address") or values.get("Ethernet Address")),
    )
