"""macOS' ``system_profiler``: the machine, its memory, disks, interfaces and applications (text and ``-json``)."""

from __future__ import annotations

from typing import Any

from itsm.discovery.parsers.bounds import json_of
from itsm.discovery.parsers.macos_json import facts_of_json
from itsm.discovery.parsers.macos_report import disk, hardware, interface, memory, sections, signer, software
from itsm.discovery.parsers.values import present


def system_profiler(text: str) -> dict[str, Any]:
    """Return system, bios, os, cpus, memory, memory_modules, disks, interfaces and software."""
    if text.lstrip()[:1] == "{":
        value = json_of(text)
        return facts_of_json(value) if isinstance(value, dict) else {}
    facts: dict[str, Any] = {"memory_modules": [], "disks": [], "interfaces": [], "software": []}
    for path, values in sections(text):
        if path[:1] == ("Hardware",) or path[-1] == "Hardware Overview":
            if "Memory" in values or "Model Name" in values:
                facts |= hardware(values)
        elif path[0] == "Memory":
            facts["memory_modules"] += memory(path, values)
        elif path[0] == "Software" and "System Version" in values:
            facts |= software(values)
        elif path[0] == "Applications" and "Version" in values and len(path) > 1:
            facts["software"].append(present(name=path[-1], version=values["Version"], publisher=signer(values)))
        elif "BSD Name" in values and ("Serial Number" in values or "Model" in values) and path[0] != "USB":
            facts["disks"] += [drive] if (drive := disk(values)) else []
        elif path[0] == "Network" and "BSD Device Name" in values:
            facts["interfaces"].append(interface(path, values))
    return facts
