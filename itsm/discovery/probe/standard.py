"""The objects of the standard MIBs that any device is asked for: scalars, and columns by table.

Sources: RFC 1213/3418 (system), RFC 2863 (interfaces), RFC 4293 (addresses), RFC 6933 (entities), IEEE
802.1AB and ANSI/TIA-1057 (LLDP, LLDP-MED), RFC 4188/4363 (bridges), RFC 2790 (hosts), RFC 3805 (printers),
RFC 1628 (UPS), RFC 2819/2021 (probe revisions), Cisco's CDP MIB, which many makers carry.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """What to ask one device: numeric OIDs of single values, of whole columns, and of subtrees of which only
    the first so many rows are wanted."""

    scalars: tuple[str, ...]
    columns: tuple[str, ...]
    samples: tuple[tuple[str, int], ...] = ()


SYS_DESCR: Final = "1.3.6.1.2.1.1.1.0"
SYS_OBJECT_ID: Final = "1.3.6.1.2.1.1.2.0"
SYSTEM: Final = tuple(f"1.3.6.1.2.1.1.{number}.0" for number in (1, 2, 3, 4, 5, 6))

_LLDP: Final = "1.0.8802.1.1.2.1"
SCALARS: Final[tuple[str, ...]] = (
    "1.3.6.1.2.1.17.1.1.0",  # dot1dBaseBridgeAddress
    "1.3.6.1.2.1.25.2.2.0",  # hrMemorySize
    "1.3.6.1.6.3.10.2.1.1.0",  # snmpEngineID
    *(f"{_LLDP}.3.{number}.0" for number in (1, 2, 3, 4)),
    *(f"{_LLDP}.5.4795.1.2.{number}.0" for number in (2, 3, 4, 5, 6, 7, 8)),
    *(f"1.3.6.1.2.1.33.1.1.{number}.0" for number in (1, 2, 3, 4, 5)),
    *(f"1.3.6.1.2.1.33.1.2.{number}.0" for number in (1, 2, 3, 4)),
    "1.3.6.1.2.1.33.1.4.1.0",
    "1.3.6.1.2.1.16.19.2.0",
    "1.3.6.1.2.1.16.19.3.0",
)

TABLES: Final[tuple[tuple[str, tuple[int, ...]], ...]] = (
    ("1.3.6.1.2.1.2.2.1", (2, 3, 5, 6, 7, 8)),  # ifTable
    ("1.3.6.1.2.1.31.1.1.1", (1, 15, 18)),  # ifXTable
    ("1.3.6.1.2.1.4.20.1", (2, 3)),  # ipAddrTable
    ("1.3.6.1.2.1.4.34.1", (3, 4, 5)),  # ipAddressTable
    ("1.3.6.1.2.1.55.1.8.1", (2,)),  # ipv6AddrTable
    ("1.3.6.1.2.1.47.1.1.1.1", (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)),  # entPhysicalTable
    (f"{_LLDP}.3.7.1", (2, 3, 4)),  # lldpLocPortTable
    (f"{_LLDP}.4.1.1", (4, 5, 6, 7, 8, 9, 10)),  # lldpRemTable
    (f"{_LLDP}.4.2.1", (3,)),  # lldpRemManAddrTable: the address stands in the index
    (f"{_LLDP}.5.4795.1.3.3.1", (1, 2, 3, 4, 5, 6, 7)),  # lldpXMedRemInventoryTable
    ("1.3.6.1.4.1.9.9.23.1.2.1.1", (3, 4, 5, 6, 7, 8)),  # cdpCacheTable
    ("1.3.6.1.2.1.17.1.4.1", (2,)),  # dot1dBasePortIfIndex
    ("1.3.6.1.2.1.17.7.1.4.3.1", (1,)),  # dot1qVlanStaticName
    ("1.3.6.1.2.1.17.7.1.4.5.1", (1,)),  # dot1qPvid
    ("1.3.6.1.2.1.25.2.3.1", (2, 3, 4, 5, 6)),  # hrStorageTable
    ("1.3.6.1.2.1.25.3.2.1", (2, 3)),  # hrDeviceTable
    ("1.3.6.1.2.1.43.5.1.1", (16, 17)),  # prtGeneralTable
    ("1.3.6.1.2.1.43.10.2.1", (4,)),  # prtMarkerLifeCount
    ("1.3.6.1.2.1.43.11.1.1", (3, 4, 5, 6, 7, 8, 9)),  # prtMarkerSuppliesTable
    ("1.3.6.1.2.1.43.12.1.1", (4,)),  # prtMarkerColorantValue
    ("1.3.6.1.4.1.2699.1.2.1.2.1.1", (2, 3)),  # ppmPrinterName, ppmPrinterIEEE1284DeviceId
    # The long ones come last, so that a spent budget costs the least.
    ("1.3.6.1.2.1.25.6.3.1", (2, 5)),  # hrSWInstalledTable
    ("1.3.6.1.2.1.4.22.1", (2,)),  # ipNetToMediaPhysAddress
    ("1.3.6.1.2.1.4.35.1", (4,)),  # ipNetToPhysicalPhysAddress
    ("1.3.6.1.2.1.17.7.1.2.2.1", (2,)),  # dot1qTpFdbPort
    ("1.3.6.1.2.1.17.4.3.1", (2,)),  # dot1dTpFdbPort
)
COLUMNS: Final = tuple(f"{table}.{number}" for table, numbers in TABLES for number in numbers)


def objects_for(sys_object_id: str | None, sys_descr: str | None, enterprises: Iterable[int] = ()) -> ReadPlan:
    """Return the standard plan, the same for every device; ``knowledge.plan`` adds the makers' objects."""
    return ReadPlan(SCALARS, COLUMNS)
