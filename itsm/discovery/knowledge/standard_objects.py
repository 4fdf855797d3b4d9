"""Objects of standard MIBs (and of the discovery protocols) that every device is asked for.

Sources: RFC 3418 (system), 2863 (interfaces), 6933 (ENTITY), 4293 (IP), 4188 and 4363 (bridges), IEEE 802.1AB
(LLDP), 802.1AX (aggregation) and ANSI/TIA-1057 (LLDP-MED), 2790 (HOST-RESOURCES), 3805 (printers),
1628 (UPS), 2819/2021 (RMON), 2287 and 2788 (applications).
"""

from __future__ import annotations

import re
from typing import Final

from itsm.discovery.knowledge.catalog import brands

SYSTEM: Final = "1.3.6.1.2.1.1"
IF_TABLE: Final = "1.3.6.1.2.1.2.2.1"
IF_X_TABLE: Final = "1.3.6.1.2.1.31.1.1.1"
ENTITY: Final = "1.3.6.1.2.1.47.1.1.1.1"
IP_FORWARDING: Final = "1.3.6.1.2.1.4.1.0"
IP_AD_ENT_IF_INDEX: Final = "1.3.6.1.2.1.4.20.1.2"
IP_ADDRESS_IF_INDEX: Final = "1.3.6.1.2.1.4.34.1.3"
IPV6_ADDR_PFX: Final = "1.3.6.1.2.1.55.1.8.1.2"
IP_NET_TO_MEDIA: Final = "1.3.6.1.2.1.4.22.1.2"
IP_NET_TO_PHYSICAL: Final = "1.3.6.1.2.1.4.35.1.4"
BRIDGE: Final = "1.3.6.1.2.1.17"
BRIDGE_ADDRESS: Final = f"{BRIDGE}.1.1.0"
BRIDGE_PORT_IF: Final = f"{BRIDGE}.1.4.1.2"
FDB_PORT: Final = f"{BRIDGE}.4.3.1.2"
Q_FDB_PORT: Final = f"{BRIDGE}.7.1.2.2.1.2"
VLAN_NAME: Final = f"{BRIDGE}.7.1.4.3.1.1"
PORT_VLAN: Final = f"{BRIDGE}.7.1.4.5.1.1"
VLAN_EGRESS: Final = f"{BRIDGE}.7.1.4.3.1.2"
VLAN_UNTAGGED: Final = f"{BRIDGE}.7.1.4.3.1.4"
AGGREGATE_OF: Final = "1.2.840.10006.300.43.1.2.1.1.13"
"""dot3adAggPortAttachedAggID: the ifIndex of the aggregate that a port is attached to."""
CISCO_VLAN_NAME: Final = "1.3.6.1.4.1.9.9.46.1.3.1.1.4"
CISCO_ACCESS_VLAN: Final = "1.3.6.1.4.1.9.9.68.1.2.2.1.2"
LLDP: Final = "1.0.8802.1.1.2.1"
LLDP_MED_LOCAL: Final = f"{LLDP}.5.4795.1.2"
LLDP_MED_REMOTE: Final = f"{LLDP}.5.4795.1.3.3.1"
LLDP_V2: Final = "1.3.111.2.802.1.1.13.1"
NOKIA_LLDP: Final = "1.3.6.1.4.1.6527.3.1.2.59.4.1.1"
"""tmnxLldpRemTable: as lldpV2RemTable, but with the columns of the older standard."""
CDP: Final = "1.3.6.1.4.1.9.9.23.1.2.1.1"
FDP: Final = "1.3.6.1.4.1.1991.1.1.3.20.1.2.1.1"
EDP: Final = "1.3.6.1.4.1.1916.1.13.2.1"
HOST: Final = "1.3.6.1.2.1.25"
PRINTER: Final = "1.3.6.1.2.1.43"
PORT_MONITOR: Final = "1.3.6.1.4.1.2699.1.2.1.2.1.1"
UPS: Final = "1.3.6.1.2.1.33.1.1"
RMON_PROBE: Final = "1.3.6.1.2.1.16.19"
APPLICATION: Final = "1.3.6.1.2.1.27.1.1.4.1"
"""applVersion (RFC 2788) of the first application, on appliances the only one."""
PACKAGE: Final = "1.3.6.1.2.1.54.1.1.1.1.4.1"
"""sysApplInstallPkgVersion (RFC 2287) of the first package."""
ENGINE_ID: Final = "1.3.6.1.6.3.10.2.1.1.0"

SCALARS: Final = (
    *(f"{SYSTEM}.{n}.0" for n in (1, 2, 4, 5, 6, 7)),
    ENGINE_ID,
    IP_FORWARDING,
    BRIDGE_ADDRESS,
    *(f"{LLDP}.3.{n}.0" for n in (1, 2, 3, 4)),
    *(f"{LLDP_MED_LOCAL}.{n}.0" for n in range(2, 9)),
    *(f"{UPS}.{n}.0" for n in range(1, 7)),
    *(f"{RMON_PROBE}.{n}.0" for n in (2, 3)),
    f"{HOST}.2.2.0",
    APPLICATION,
    PACKAGE,
)

COLUMNS: Final = (
    *(f"{IF_TABLE}.{n}" for n in (2, 3, 5, 6, 7, 8)),
    *(f"{IF_X_TABLE}.{n}" for n in (1, 15, 18)),
    *(f"{ENTITY}.{n}" for n in (2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15)),
    IP_AD_ENT_IF_INDEX,
    IP_ADDRESS_IF_INDEX,
    IPV6_ADDR_PFX,
    IP_NET_TO_MEDIA,
    IP_NET_TO_PHYSICAL,
    BRIDGE_PORT_IF,
    FDB_PORT,
    Q_FDB_PORT,
    VLAN_NAME,
    PORT_VLAN,
    VLAN_EGRESS,
    VLAN_UNTAGGED,
    AGGREGATE_OF,
    *(f"{LLDP}.3.7.1.{n}" for n in (2, 3, 4)),
    *(f"{LLDP}.4.1.1.{n}" for n in (4, 5, 6, 7, 8, 9, 10, 12)),
    f"{LLDP}.4.2.1.3",
    LLDP_MED_REMOTE,
    f"{LLDP_V2}.4.1.1",
    *(f"{CDP}.{n}" for n in (4, 5, 6, 7, 8)),
    CISCO_VLAN_NAME,
    CISCO_ACCESS_VLAN,
    *(f"{HOST}.3.2.1.{n}" for n in (2, 3)),
    *(f"{HOST}.2.3.1.{n}" for n in (2, 3, 4, 5, 6)),
    *(f"{HOST}.6.3.1.{n}" for n in (2,)),
    *(f"{PRINTER}.5.1.1.{n}" for n in (16, 17)),
    *(f"{PRINTER}.8.2.1.{n}" for n in (9, 10, 13)),
    *(f"{PRINTER}.11.1.1.{n}" for n in (3, 4, 5, 6, 8, 9)),
    f"{PRINTER}.12.1.1.4",
    f"{PRINTER}.10.2.1.4",
    *(f"{PORT_MONITOR}.{n}" for n in (2, 3)),
)

_WORD: Final = re.compile(r"[a-z][a-z0-9-]{2,}")


def makers_named_in(descr: str) -> tuple[int, ...]:
    """Return the enterprise numbers of well-known brands that are named in a sysDescr."""
    words = set(_WORD.findall(descr.lower()))
    return tuple(number for number, brand in brands().items() if not brand.generic and brand.name.lower() in words)
