"""Software, filesystems and memory from HOST-RESOURCES-MIB (RFC 2790)."""

from __future__ import annotations

import re
from typing import Final

from itsm.discovery.facts import Software
from itsm.discovery.knowledge import standard_objects as standard
from itsm.discovery.knowledge.reading import Reading

MAX_SOFTWARE: Final = 10_000
MAX_FILESYSTEMS: Final = 500
FIXED_DISK: Final = f"{standard.HOST}.2.1.4"
_NETWORK_DISK: Final = f"{standard.HOST}.2.1.10"
_DEB: Final = re.compile(r"^(?P<name>[a-z0-9][a-z0-9.+-]+)_(?P<version>[0-9][^_]*)(_[a-z0-9]+)?$")
_RPM: Final = re.compile(
    r"^(?P<name>[A-Za-z0-9][\w.+-]*?)-(?P<version>\d[^-]*-[^-]+?)(\.(x86_64|noarch|i\d86|aarch64))?$"
)


def software_of(reading: Reading) -> tuple[Software, ...]:
    """Return hrSWInstalledName, with the version cut off where the title is a Debian or RPM package."""
    titles = list(reading.texts(f"{standard.HOST}.6.3.1.2").values())[:MAX_SOFTWARE]
    return tuple(dict.fromkeys(_software(title) for title in titles))


def _software(title: str) -> Software:
    for pattern in (_DEB, _RPM):
        if (match := pattern.match(title)) is not None:
            return Software(match["name"], match["version"])
    return Software(title)


STORAGE_TABLE: Final = f"{standard.HOST}.2.3.1."
"""hrStorageTable (RFC 2790)."""


def filesystems_of(reading: Reading) -> tuple[tuple[str, int, int], ...]:
    """Return (mount point, size, used) in bytes of the fixed and network disks in hrStorageTable."""
    base = f"{standard.HOST}.2.3.1"
    types = reading.texts(f"{base}.2")
    names = reading.texts(f"{base}.3")
    units, sizes, used = (reading.numbers(f"{base}.{n}") for n in (4, 5, 6))
    found = []
    for index, name in names.items():
        if types.get(index, "").lstrip(".") not in (FIXED_DISK, _NETWORK_DISK):
            continue
        unit, size = units.get(index, 0), sizes.get(index, 0)
        if unit > 0 and size != 0:
            found.append((name, _unsigned(size) * unit, _unsigned(used.get(index, 0)) * unit))
    return tuple(found[:MAX_FILESYSTEMS])


def _unsigned(count: int) -> int:
    """Agents with more than 2^31 units answer with a negative number; add the lost bit."""
    return count + 2**32 if count < 0 else count


def memory_of(reading: Reading) -> int | None:
    """Return the main memory in bytes (hrMemorySize is in KiB)."""
    size = reading.number(f"{standard.HOST}.2.2.0")
    return size * 1024 if size and size > 0 else None
