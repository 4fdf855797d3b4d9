"""What sits on the PCI and USB buses: lspci and lsusb."""

from __future__ import annotations

import re
from typing import Any, Final

from itsm.discovery.parsers.layout import blocks, key_values
from itsm.discovery.parsers.values import present, size_of

_PCI_HEAD: Final = re.compile(
    r"((?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])\s+([^:]{1,80}?)(?: \[([0-9a-f]{4})\])?: (.*)$"
)
_PCI_TAIL: Final = re.compile(r" \((?:rev ([0-9a-f]{2}))?\)?.*$")
_PCI_ID: Final = re.compile(r"\[([0-9a-f]{4}:[0-9a-f]{4})\]")


def lspci(text: str) -> dict[str, Any]:
    """Return the PCI devices of ``lspci`` with any of -n, -nn, -k, -v and -vmm."""
    if re.search(r"(?m)^Slot:\t", text):
        return {"pci_devices": [device for part in blocks(text) if (device := _pci_record(part))]}
    devices: list[dict[str, Any]] = []
    for line in text.split("\n"):
        if line[:1] not in (" ", "\t"):
            if match := _PCI_HEAD.match(line):
                devices.append(_pci_device(*match.groups()))
        elif devices:
            _pci_detail(devices[-1], line.strip())
    return {"pci_devices": devices}


def _pci_device(slot: str, kind: str, kind_id: str | None, rest: str) -> dict[str, Any]:
    ids = _PCI_ID.findall(rest)
    revision = re.search(r"\(rev ([0-9a-f]{2})\)", rest)
    name = re.split(r" \[[0-9a-f]{4}:[0-9a-f]{4}\]| \(rev [0-9a-f]{2}\)| \(prog-if ", rest)[0]
    return present(
        slot=slot,
        type=kind,
        class_id=kind_id,
        name=name,
        id=ids[-1] if ids else None,
        revision=revision.group(1) if revision else None,
    )


def _pci_detail(device: dict[str, Any], line: str) -> None:
    if line.startswith("Subsystem:"):
        ids = _PCI_ID.findall(line) or re.findall(r"Subsystem: ([0-9a-f]{4}:[0-9a-f]{4})$", line)
        if ids:
            device["subsystem_id"] = ids[-1]
    elif line.startswith("Kernel driver in use:"):
        device["driver"] = line.partition(":")[2].strip()
    elif line.startswith("Memory at ") and "prefetchable" in line and "non-prefetchable" not in line:
        size = re.search(r"\[size=([0-9]+[KMG])\]", line)
        device["memory"] = max(device.get("memory", 0), size_of(size.group(1)) or 0) if size else 0


def _pci_record(part: str) -> dict[str, Any]:
    values = key_values(part)
    return present(
        slot=values.get("Slot"),
        type=values.get("Class"),
        vendor=values.get("Vendor"),
        name=values.get("Device"),
        revision=values.get("Rev"),
        driver=values.get("Driver"),
    )


def lsusb(text: str) -> dict[str, Any]:
    """Return the USB devices of ``lsusb`` (short lines; those of -v as well)."""
    pattern = re.compile(r"Bus (\d+) Device (\d+): ID ([0-9a-f]{4}:[0-9a-f]{4})(?: (.*))?$")
    devices: list[dict[str, Any]] = []
    for line in text.split("\n"):
        if match := pattern.match(line):
            bus, number, ids, name = match.groups()
            devices.append(present(bus=bus, device=number, id=ids, name=(name or "").strip()))
        elif devices and (match := re.match(r"\s+iSerial\s+\d+\s+(\S.*)$", line)):
            devices[-1].setdefault("serial", match.group(1).strip())
    return {"usb_devices": devices}
