"""Disks, volumes and filesystems: df, mount, lsblk, blkid, LVM's pvs, vgs and lvs, zpool list."""

from __future__ import annotations

import re
from typing import Any, Final

from itsm.discovery.parsers.bounds import json_of
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
        line, carried = (carried + " " + line if carried else line), ""
        match = _DF_NUMBERS.match(line) if len(line) < 2048 else None
        if match is None:
            carried = line if len(line.split()) == 1 else ""
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
        device=device.strip(), mount=mount.strip(), type=kind, size=size, used=used, free=free,
        percent=integer(percent.lstrip("-")) if percent != "-" else None,
    )  # fmt: skip


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
    lines = records(text)
    heading = next((line for line in lines if line.startswith("NAME ")), None)
    if heading is None:
        return []
    names = heading.lower().split()
    found: list[dict[str, Any]] = []
    for line in lines[lines.index(heading) + 1 :]:
        words = re.sub(r"^[\s│├└─|`-]+", "", line).split()
        known_tail = names[:7] == ["name", "maj:min", "rm", "size", "ro", "type", "mountpoint"]
        if known_tail or names[-1] in ("mountpoint", "mountpoints"):
            cells = dict(zip(names, words, strict=False))
            if len(words) > len(names):
                cells[names[-1]] = " ".join(words[len(names) - 1 :])
            found.append(cells)
    return found


def _disk(item: dict[str, Any]) -> dict[str, Any]:
    def text(name: str) -> str | None:
        value = item.get(name)
        return known(str(value)) if value is not None else None

    return present(
        name=text("name"), model=text("model"), serial=text("serial"), vendor=text("vendor"), wwn=text("wwn"),
        size=size_of(str(item.get("size"))), interface=text("tran"), firmware=text("rev"),
    )  # fmt: skip


def blkid(text: str) -> dict[str, Any]:
    """Return ``volumes [{device, uuid, type, label}]`` of ``blkid``."""
    volumes: list[dict[str, Any]] = []
    for line in records(text):
        device, colon, rest = line.partition(": ")
        if not colon or " " in device:
            continue
        values = dict(re.findall(r'([A-Z_]+)="([^"]*)"', rest))
        volumes.append(
            present(device=device, uuid=values.get("UUID"), type=values.get("TYPE"), label=values.get("LABEL"))
        )
    return {"volumes": volumes}


def physical_volumes(text: str) -> dict[str, Any]:
    """Return ``physical_volumes`` of ``pvs --noheadings [--units M] -o name,fmt,attr,size,free,uuid,pe_count,...``.

    Also of plain ``pvs``, with its heading.  Sizes in bytes; a number without unit is in megabytes (10^6).
    """
    found: list[dict[str, Any]] = []
    for line in records(text):
        words = line.split()
        if not words[0].startswith("/"):
            continue
        at = next((n for n, word in enumerate(words) if word in ("lvm1", "lvm2")), None)
        if at is None or len(words) < at + 4:
            continue
        uuid = next((word for word in words[at + 4 :] if _UUID.match(word)), None)
        after = words[words.index(uuid) + 1 :] if uuid else []
        found.append(
            present(device=words[0], group=words[1] if at == 2 else None, format=words[at], attributes=words[at + 1],
                    size=_volume(words[at + 2]), free=_volume(words[at + 3]), uuid=uuid,
                    extents=integer(after[0]) if after else None,
                    group_uuid=next((word for word in after if _UUID.match(word)), None))
        )  # fmt: skip
    return {"physical_volumes": found}


_UUID: Final = re.compile(r"[A-Za-z0-9]{6}(?:-[A-Za-z0-9]{4}){5}-[A-Za-z0-9]{6}\Z")


def _volume(word: str) -> int | None:
    if re.fullmatch(r"[0-9]+(?:[.,][0-9]+)?", word):
        return int(float(word.replace(",", ".")) * 1_000_000)
    return size_of(word.lstrip("<"))


def volume_groups(text: str) -> dict[str, Any]:
    """Return ``volume_groups`` of ``vgs``: name, physical and logical volume counts, attributes, size and free."""
    found: list[dict[str, Any]] = []
    for line in records(text):
        words = line.split()
        at = next((n for n, word in enumerate(words) if re.fullmatch(r"[wr][z-][x-][p-][cnlia-][c-]?s?", word)), None)
        if at is None or len(words) < at + 3 or at < 3:
            continue
        uuid = next((word for word in words[at + 3 :] if _UUID.match(word)), None)
        after = words[words.index(uuid) + 1 :] if uuid else []
        found.append(
            present(name=words[0], physical_volumes=integer(words[1]), logical_volumes=integer(words[2]),
                    attributes=words[at], size=_volume(words[at + 1]), free=_volume(words[at + 2]), uuid=uuid,
                    extent_size=_volume(after[0]) if after else None)
        )  # fmt: skip
    return {"volume_groups": found}


def zpool_list(text: str) -> dict[str, Any]:
    """Return ``pools [{name, size, used, health}]`` of ``zpool list``; names and states of ``zpool status``."""
    pools: list[dict[str, Any]] = []
    heading: list[str] = []
    for line in records(text):
        words = line.split()
        if words[0] == "NAME" and "SIZE" in words:
            heading = words
        elif words[0] == "pool:" and len(words) == 2:
            pools.append({"name": words[1]})
        elif words[0] == "state:" and len(words) == 2 and pools:
            pools[-1].setdefault("health", words[1])
        elif heading and line[:1] not in " \t":
            row = dict(zip(heading, words, strict=False))
            used = size_of(row.get("ALLOC") or row.get("USED"))
            pools.append(present(name=words[0], size=size_of(row.get("SIZE")), used=used, health=row.get("HEALTH")))
    return {"pools": pools}
