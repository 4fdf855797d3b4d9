"""df(1) and lsblk(8) of a simulated computer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from itsm.demo.fleet.world import Facts

_COLUMNS: Final = ("name", "maj:min", "rm", "size", "ro", "type", "mountpoints")


def df(facts: Facts, options: str) -> str:
    """Return the file systems; of the options (letters) ``T`` adds the type and ``1`` counts octets."""
    in_octets, with_type = "1" in options, "T" in options
    factor = 1024 if in_octets else 1
    unit = "1B-blocks" if in_octets else "1024-blocks" if "P" in options else "1K-blocks"
    rows = [["Filesystem", *(["Type"] if with_type else []), unit, "Used", "Available", "Capacity", "Mounted on"]]
    mounts = [{"device": "tmpfs", "mount": "/run", "type": "tmpfs", "size_kb": 1610612, "used_kb": 2340}]
    for mount in [*mounts, *facts.get("filesystems", ())]:
        size, used = mount["size_kb"], mount["used_kb"]
        share = f"{-(-used * 100 // size)}%"
        numbers = [str(value * factor) for value in (size, used, size - used)]
        rows.append([mount["device"], *([mount["type"]] if with_type else []), *numbers, share, mount["mount"]])
    return "".join(" ".join([f"{row[0]:<28}", *(f"{cell:>12}" for cell in row[1:-1]), row[-1]]) + "\n" for row in rows)


def block_devices(facts: Facts) -> list[dict[str, Any]]:
    """Return disks with their partitions as ``lsblk -J`` nests them; sizes in octets."""
    found = []
    for number, disk in enumerate(facts.get("disks", ())):
        size = disk["size_gb"] * 10**9
        partitions = [
            _entry(mount["device"].removeprefix("/dev/"), mount["size_kb"] * 1024, "part", [mount["mount"]])
            | {"fstype": mount["type"], "maj:min": f"259:{number * 16 + inner}"}
            for inner, mount in enumerate(facts.get("filesystems", ()), 1)
            if mount["device"].startswith(f"/dev/{disk['name']}")
        ]
        entry = _entry(disk["name"], size, "disk", [None])
        entry |= {"model": disk["model"], "serial": disk["serial"] or None, "maj:min": f"259:{number * 16}"}
        entry |= {"vendor": disk.get("vendor"), "rota": False, "tran": "nvme" if "nvme" in disk["name"] else "sas"}
        found.append({**entry, "children": partitions} if partitions else entry)
    return found


def _entry(name: str, size: int, kind: str, mounts: Sequence[str | None]) -> dict[str, Any]:
    return {
        "name": name, "path": f"/dev/{name}", "kname": name, "size": size, "type": kind, "rm": False, "ro": False,
        "fstype": None, "model": None, "serial": None, "vendor": None, "rota": False, "tran": None, "hctl": None,
        "wwn": None, "mountpoint": mounts[0], "mountpoints": list(mounts), "uuid": None, "label": None, "rev": None,
    }  # fmt: skip


def lsblk(facts: Facts, *, columns: Sequence[str], as_json: bool, octets: bool, pairs: bool, disks_only: bool) -> str:
    """Return the block devices in the form asked for; unknown columns are null."""
    wanted = [column.lower() for column in columns] or list(_COLUMNS)
    tree = block_devices(facts)
    if disks_only:
        tree = [{key: value for key, value in disk.items() if key != "children"} for disk in tree]
    if as_json:
        return json.dumps({"blockdevices": [_pick(entry, wanted, octets=octets) for entry in tree]}, indent=3) + "\n"
    flat = [entry for disk in tree for entry in (disk, *disk.get("children", ()))]
    picked = [_pick(entry, wanted, octets=octets) for entry in flat]
    if pairs:
        return "".join(
            " ".join(f'{column.upper()}="{_plain(entry[column])}"' for column in wanted) + "\n" for entry in picked
        )
    rows = [[column.upper() for column in wanted], *([_plain(entry[column]) for column in wanted] for entry in picked)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(wanted))]
    return "".join(" ".join(map(str.ljust, row, widths)).rstrip() + "\n" for row in rows)


def _pick(entry: dict[str, Any], wanted: Sequence[str], *, octets: bool) -> dict[str, Any]:
    picked = {column: entry.get(column) for column in wanted}
    if "size" in picked and not octets:
        picked["size"] = _human(int(entry["size"]))
    if "children" in entry:
        picked["children"] = [_pick(child, wanted, octets=octets) for child in entry["children"]]
    return picked


def _human(size: int) -> str:
    value = float(size)
    for unit in "BKMGT":
        if value < 1024 or unit == "T":
            return f"{value:.1f}".removesuffix(".0") + unit
        value /= 1024
    return str(size)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(str(item) for item in value if item is not None)
    if isinstance(value, bool):
        return str(int(value))
    return "" if value is None else str(value)
