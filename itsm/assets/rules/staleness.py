"""After how long without a sighting an asset is worth a look, by kind; and which kinds a sweep can see at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from itsm.assets.enums import AssetKind

K = AssetKind
USUAL_DAYS: Final[Mapping[AssetKind, int]] = {
    K.COMPUTER: 30,
    K.LAPTOP: 30,
    K.WORKSTATION: 14,
    K.SERVER: 3,
    K.HYPERVISOR: 3,
    K.VIRTUAL_MACHINE: 7,
    K.MANAGEMENT_CONTROLLER: 7,
    K.IP_PHONE: 14,
    K.PRINTER: 14,
    K.SWITCH: 3,
    K.ROUTER: 3,
    K.FIREWALL: 3,
    K.ACCESS_POINT: 7,
    K.WIRELESS_CONTROLLER: 3,
    K.LOAD_BALANCER: 3,
    K.UPS: 7,
    K.PDU: 7,
    K.NAS: 7,
    K.CAMERA: 14,
    K.SENSOR: 14,
    K.APPLIANCE: 14,
}
"""Kinds that answer on a network, each with the days after which silence is news. Others are never expected there."""
OTHERWISE: Final = 30
"""Days for a kind that was seen although it is not expected to be."""
NOT_BOUGHT: Final = frozenset({K.VIRTUAL_MACHINE, K.CLOUD_INSTANCE, K.MANAGEMENT_CONTROLLER})
"""Kinds that are on the network and need nothing on the books of their own."""
FEWEST: Final = 1
MOST: Final = 3650
