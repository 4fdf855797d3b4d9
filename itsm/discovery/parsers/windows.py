"""Windows: ``systeminfo``."""

from __future__ import annotations

import re
from typing import Any

from itsm.discovery.parsers.layout import key_values
from itsm.discovery.parsers.values import known, present, size_of


def systeminfo(text: str) -> dict[str, Any]:
    """Return what Windows' ``systeminfo`` (English, list form) tells of the machine and its system."""
    values = {name: data for name, data in key_values(text).items() if not name.startswith("[")}
    bios = re.match(r"(.*?) (\S+(?: \([^)]*\))?), (\S+)$", values.get("BIOS Version", ""))
    cpus = [present(name=known(name)) for name in re.findall(r"(?m)^\s+\[\d+\]: (\S.*? Family .*)$", text)]
    version = values.get("OS Version", "")
    return {
        "hostname": known(values.get("Host Name")),
        "domain": known(values.get("Domain")),
        "os": present(
            name=known(values.get("OS Name")),
            version=version.split(" ")[0],
            build=next(iter(re.findall(r"Build (\d+)", version)), None),
            arch={"x64-based PC": "x86_64", "ARM64-based PC": "arm64", "X86-based PC": "i386"}.get(
                values.get("System Type", "")
            ),
            vendor=known(values.get("OS Manufacturer")),
        ),
        "system": present(vendor=known(values.get("System Manufacturer")), model=known(values.get("System Model"))),
        "bios": present(vendor=bios.group(1), version=bios.group(2), date=bios.group(3)) if bios else {},
        "cpus": cpus,
        "memory": present(total=size_of(_ungrouped(values.get("Total Physical Memory", "")))),
        "interfaces": _windows_cards(text),
        "hotfixes": re.findall(r"(?m)^\s+\[\d+\]: (KB\d{6,8})\s*$", text),
    }


def _ungrouped(number: str) -> str:
    """Return a number without the marks between its thousands."""
    return re.sub(r"(?<=\d)[.,\u00a0 ](?=\d{3})", "", number)


def _windows_cards(text: str) -> list[dict[str, Any]]:
    cards: list[dict[str, Any]] = []
    _, found, section = text.partition("Network Card(s):")
    for line in section.split("\n")[1:] if found else []:
        if not line.startswith(" "):
            break
        if match := re.match(r" {20,30}\[\d+\]: (.+)$", line):
            cards.append({"model": match.group(1).strip(), "ips": [], "mac": None})
        elif cards and (match := re.match(r"\s+Connection Name:\s*(.+)$", line)):
            cards[-1]["name"] = match.group(1).strip()
        elif cards and (match := re.match(r"\s+\[\d+\]: ([0-9A-Fa-f.:]{3,45})$", line)):
            cards[-1]["ips"].append(match.group(1).lower())
    return [{name: value for name, value in card.items() if value is not None} for card in cards]
