"""Volumes: blkid, LVM's pvs and vgs, zpool."""

from __future__ import annotations

import re
from typing import Any, Final

from itsm.discovery.parsers.layout import records
from itsm.discovery.parsers.values import integer, present, size_of


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
            present(
                device=words[0],
                group=words[1] if at == 2 else None,
                format=words[at],
                attributes=words[at + 1],
                size=_volume(words[at + 2]),
                free=_volume(words[at + 3]),
                uuid=uuid,
                extents=integer(after[0]) if after else None,
                group_uuid=next((word for word in after if _UUID.match(word)), None),
            )
        )
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
            present(
                name=words[0],
                physical_volumes=integer(words[1]),
                logical_volumes=integer(words[2]),
                attributes=words[at],
                size=_volume(words[at + 1]),
                free=_volume(words[at + 2]),
                uuid=uuid,
                extent_size=_volume(after[0]) if after else None,
            )
        )
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


def logical_volumes(text: str) -> dict[str, Any]:
    """Return ``logical_volumes`` of ``lvs``: name, group, attributes, size in bytes."""
    found: list[dict[str, Any]] = []
    pattern = re.compile(r"[a-zA-Z-][wrR-][ancilAIC-][msSv-]?[a-z-][a-zA-Z-]{0,7}\Z")
    for line in records(text):
        words = line.split()
        at = next((n for n, word in enumerate(words) if n and len(word) >= 5 and pattern.match(word)), None)
        if at is None or len(words) < at + 2 or not words[at + 1].lstrip("<")[:1].isdigit():
            continue
        uuids = [word for word in words[at + 2 :] if _UUID.match(word)]
        found.append(
            present(
                name=words[0],
                group=words[1] if at > 1 and not _UUID.match(words[1]) else None,
                attributes=words[at],
                size=_volume(words[at + 1]),
                uuid=uuids[0] if uuids else None,
            )
        )
    return {"logical_volumes": found}
