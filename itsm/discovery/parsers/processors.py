"""Processors and memory as Linux tells them: /proc/cpuinfo, lscpu, free, /proc/meminfo."""

from __future__ import annotations

from typing import Any

from itsm.discovery.parsers.bounds import json_of
from itsm.discovery.parsers.layout import blocks, key_values
from itsm.discovery.parsers.values import integer, known, megahertz, model_name, present, size_of


def proc_cpuinfo(text: str) -> dict[str, Any]:
    """Return a row a package (socket) with its cores and threads; the board's serial where ARM prints one."""
    processors: list[dict[str, str]] = []
    machine: dict[str, str] = {}
    for part in blocks(text):
        values = {name.lower(): value for name, value in key_values(part).items()}
        if values.keys() & {"processor", "cpu model"} or ("cpu" in values and not processors):
            processors.append(values)
        machine |= {name: values[name] for name in ("hardware", "serial", "machine", "model") if name in values}
    packages: dict[str, list[dict[str, str]]] = {}
    for number, values in enumerate(processors):
        packages.setdefault(values.get("physical id", "0" if "siblings" in values else f"-{number}"), []).append(values)
    cpus = [_package(members) for members in packages.values()]
    board = machine.get("model") if machine.get("hardware") or not machine.get("model", "").isdigit() else None
    system = present(model=known(machine.get("machine") or board), serial=known(machine.get("serial")))
    return {"cpus": [cpu for cpu in cpus if cpu], "system": system}


def cpuinfo_rows(text: str) -> list[dict[str, str]]:
    """Return the blocks of /proc/cpuinfo as they stand, for architectures that the row reader does not know."""
    return [values for part in blocks(text) if (values := key_values(part))]


def _package(members: list[dict[str, str]]) -> dict[str, Any]:
    values = members[0]
    name = next((values[key] for key in ("model name", "cpu model", "cpu", "processor") if values.get(key)), None)
    return present(
        name=model_name(name) if name and not name.isdigit() else None,
        vendor=known(values.get("vendor_id")),
        cores=integer(values.get("cpu cores")),
        threads=len(members) if "siblings" in values else None,
        speed_mhz=megahertz(values.get("cpu mhz") or values.get("clock")),
        family_number=integer(values.get("cpu family")),
        model_number=integer(values.get("model")),
        stepping=integer(values.get("stepping")),
    )


def lscpu(text: str) -> dict[str, Any]:
    """Return the processors of ``lscpu`` or ``lscpu -J``: one row a socket; ``os.arch``."""
    value = json_of(text) if text.lstrip()[:1] == "{" else None
    values = _lscpu_json(value) if isinstance(value, dict) else key_values(text)
    sockets = min(integer(values.get("Socket(s)")) or 1, 64)
    cores, threads = integer(values.get("Core(s) per socket")), integer(values.get("Thread(s) per core"))
    cpu = present(
        name=model_name(values.get("Model name")),
        vendor=known(values.get("Vendor ID")),
        cores=cores,
        threads=cores * threads if cores and threads else None,
        speed_mhz=megahertz(values.get("CPU MHz")) or megahertz(values.get("CPU max MHz")),
        family_number=integer(values.get("CPU family")),
        model_number=integer(values.get("Model")),
        stepping=integer(values.get("Stepping")),
    )
    system = present(hypervisor=known(values.get("Hypervisor vendor")))
    return {
        "cpus": [dict(cpu) for _ in range(sockets)] if cpu else [],
        "os": present(arch=known(values.get("Architecture"))),
        "system": system,
    }


def _lscpu_json(value: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    waiting = [item for item in value.get("lscpu") or [] if isinstance(item, dict)]
    while waiting:
        item = waiting.pop()
        found[str(item.get("field", "")).strip().rstrip(":")] = str(item.get("data") or "")
        waiting += [child for child in item.get("children") or [] if isinstance(child, dict)]
    return found


def free(text: str) -> dict[str, Any]:
    """Return ``memory {total, swap}`` in bytes from ``free`` (kilobytes unless the numbers carry a letter)."""
    totals: dict[str, int | None] = {}
    for line in text.split("\n"):
        words = line.split()
        if len(words) > 1 and words[0] in ("Mem:", "Swap:"):
            totals[words[0]] = size_of(words[1], unit="k")
    return {"memory": present(total=totals.get("Mem:"), swap=totals.get("Swap:"))}


def meminfo(text: str) -> dict[str, Any]:
    """Return ``memory {total, swap}`` in bytes from /proc/meminfo."""
    values = key_values(text)
    return {"memory": present(total=size_of(values.get("MemTotal")), swap=size_of(values.get("SwapTotal")))}
