"""Disks and filesystems: df, mount, lsblk."""

from __future__ import annotations

import re
from typing import Any, Final

from itsm.discovery.parsers.bounds import json_of
from itsm.discovery.parsers.faithful_rows import rows_of
from itsm.discovery.parsers.layout import records
from itsm.discovery.parsers.values import integer, known, present, size_of

_DF_NUMBERS: Final = re.compile(
    r"(?P<device>\S.*?)\s+(?P<numbers>(?:(?:[0-9][0-9.,]*[A-Za-z]{0,3}|-)\s+){2,3}(?:-?[0-9][0-9.,]*[A-Za-z]{0,3}\s+|-\s+)?)"
    r"(?P<percent>-?[0-9]{1,4}%|-)\s+(?P<rest>.*)$"
)


def df(text: str) -> dict[str, Any]:
    """Return filesystems of ``df`` with any of -k -m -h -H -P -T -i, of Linux, BSD, macOS, AIX; sizes in bytes."""
    found: list[dict[str, Any]] = []
    heading, carried = "", ""
    for line in records(text):
        if "Mounted on" in line or line.endswith("Mounted"):
            heading = line
            continue
        whole, carried = (carried + " " + line if carried else line), ""
        match = _DF_NUMBERS.match(whole) if len(whole) < 2048 else None
        if match is None:
            carried = whole if len(whole.split()) == 1 else ""
        elif heading:
            found.append(_filesystem(heading, **match.groupdict()))
    return {"filesystems": found}


def _filesystem(heading: str, device: str, numbers: str, percent: str, rest: str) -> dict[str, Any]:
    factor, binary = _block(heading)
    values = [_blocks(word, factor, binary) for word in numbers.split()]
    kind = None
    if re.search(r"\sType\s", heading):
        device, _, kind = device.rpartition(" ")
    size, used, free = [*values, None, None, None][:3]
    if "Inodes" in heading.split()[:3] or heading.split()[1:2] == ["Inodes"]:
        size = used = free = None
    mount = rest
    if "iused" in heading.lower() and (inodes := re.match(r"(?:\d+\S*\s+\d*\S*\s+)?(?:\d+%|-)\s+(/.*)$", rest)):
        mount = inodes.group(1)
    return present(
        device=device.strip(),
        mount=mount.strip(),
        type=kind,
        size=size,
        used=used,
        free=free,
        percent=integer(percent.lstrip("-")) if percent != "-" else None,
    )


def _block(heading: str) -> tuple[int, bool]:
    """Return the bytes of one block of a table, and whether ``K`` in it means 1024."""
    if match := re.search(r"\b(\d+)(K|M|G|B)?-?(?:blocks|byte)", heading, re.IGNORECASE):
        unit = {"K": 1024, "M": 1024**2, "G": 1024**3}.get((match.group(2) or "").upper(), 1)
        return int(match.group(1)[:9]) * unit, True
    for word, unit in (("KB blocks", 1024), ("MB blocks", 1024**2), ("GB blocks", 1024**3)):
        if word in heading:
            return unit, True
    return 1024, True


def _blocks(word: str, factor: int, binary: bool) -> int | None:
    if word == "-":
        return None
    if word.isdigit():
        return int(word[:18]) * factor
    return size_of(word, binary=binary)


_MOUNT: Final = re.compile(r"(\S.*?) on (/.*?)(?: type (\S+))? \(([^)]*)\)(?: \[.*\])?$")


def mount(text: str) -> dict[str, Any]:
    """Return filesystems of ``mount`` (Linux, BSD, macOS, AIX) and /proc/mounts."""
    found: list[dict[str, Any]] = []
    for line in records(text):
        words = line.split()
        if match := _MOUNT.match(line[:2048]):
            device, point, kind, options = match.groups()
            listed = [option.strip() for option in options.split(",")]
            found.append(present(device=device, mount=point, type=kind or listed[0], options=listed))
        elif len(words) == 6 and words[4].isdigit() and words[5].isdigit():
            point = words[1].replace("\\040", " ")
            found.append(present(device=words[0], mount=point, type=words[2], options=words[3].split(",")))
        elif len(words) >= 6 and (at := re.search(r"\s(/\S*)\s+(/\S*)\s+(\w+)\s+[A-Z][a-z]{2} \d", line[:2048])):
            found.append(present(device=at.group(1), mount=at.group(2), type=at.group(3)))
    return {"filesystems": found}


def lsblk(text: str) -> dict[str, Any]:
    """Return disks and mounted filesystems of ``lsblk``: ``-J`` (best with ``-b -O``), ``-P`` and the tree."""
    if text.lstrip()[:1] == "{":
        value = json_of(text)
        devices = _tree(value.get("blockdevices") if isinstance(value, dict) else None)
    elif re.match(r'\s*[A-Z:%-]+="', text):
        devices = [
            {name.lower(): data for name, data in re.findall(r'([A-Z:%-]+)="([^"]*)"', line)} for line in records(text)
        ]
    else:
        devices = _lsblk_table(text)
    disks = [_disk(item) for item in devices if item.get("type") in ("disk", "mpath")]
    mounts = [
        present(device=str(item.get("name")), mount=point, type=item.get("fstype"), size=size_of(str(item.get("size"))))
        for item in devices
        for point in _points(item)
    ]
    return {"disks": disks, "filesystems": mounts}


def _tree(value: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    waiting = list(reversed(value)) if isinstance(value, list) else []
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            found.append(item)
            waiting += reversed(item.get("children") or [])
    return found


def _points(item: dict[str, Any]) -> list[str]:
    points = item.get("mountpoints") or [item.get("mountpoint")]
    listed = points if isinstance(points, list) else [points]
    return [point for point in listed if isinstance(point, str) and point.startswith("/")]


def _lsblk_table(text: str) -> list[dict[str, Any]]:
    """Return the rows of the tree, whose columns are cut by where the heading's words stand."""
    rows = rows_of("lsblk", text) if re.search(r"(?m)^NAME\s", text) else None
    return [row | {"size": row.get("size_bytes") or row.get("size")} for row in rows or [] if isinstance(row, dict)]


def _disk(item: dict[str, Any]) -> dict[str, Any]:
    def text(name: str) -> str | None:
        value = item.get(name)
        return known(str(value)) if value is not None else None

    return present(
        name=text("name"),
        model=text("model"),
        serial=text("serial"),
        vendor=text("vendor"),
        wwn=text("wwn"),
        size=size_of(str(item.get("size"))),
        interface=text("tran"),
        firmware=text("rev"),
    )
