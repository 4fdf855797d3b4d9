"""Words of the asset register."""

from __future__ import annotations

from enum import StrEnum


class AssetKind(StrEnum):
    """What sort of thing an asset is. Values that discovery also knows are spelt alike."""

    COMPUTER = "computer"
    LAPTOP = "laptop"
    WORKSTATION = "workstation"
    SERVER = "server"
    HYPERVISOR = "hypervisor"
    VIRTUAL_MACHINE = "virtual_machine"
    CLOUD_INSTANCE = "cloud_instance"
    MANAGEMENT_CONTROLLER = "management_controller"
    PHONE = "phone"
    IP_PHONE = "ip_phone"
    MOBILE_DEVICE = "mobile_device"
    MOBILE_SUBSCRIPTION = "mobile_subscription"
    PRINTER = "printer"
    SWITCH = "switch"
    ROUTER = "router"
    FIREWALL = "firewall"
    ACCESS_POINT = "access_point"
    WIRELESS_CONTROLLER = "wireless_controller"
    LOAD_BALANCER = "load_balancer"
    MONITOR = "monitor"
    PERIPHERAL = "peripheral"
    UPS = "ups"
    PDU = "pdu"
    NAS = "nas"
    CAMERA = "camera"
    SENSOR = "sensor"
    APPLIANCE = "appliance"
    SOFTWARE = "software"
    OTHER = "other"


class AssetStatus(StrEnum):
    """Where an asset is in its life."""

    ON_ORDER = "on_order"
    IN_STOCK = "in_stock"
    RESERVED = "reserved"
    IN_USE = "in_use"
    IN_REPAIR = "in_repair"
    IN_TRANSIT = "in_transit"
    MISSING = "missing"
    RETIRED = "retired"
    DISPOSED = "disposed"


class DisagreementState(StrEnum):
    """What became of a disagreement between what is recorded and what was observed."""

    OPEN = "open"
    KEPT = "kept"
    ACCEPTED = "accepted"
    SOURCE_TRUSTED = "source_trusted"
    REFERRED = "referred"
    """A ticket was opened about it."""
    SETTLED = "settled"
    """Both sides agree again without anybody's decision."""


class Worklist(StrEnum):
    """What an asset can be set aside from."""

    UNBOOKED = "unbooked"
    """On the network, not on the books."""
    UNSEEN = "unseen"
    """Paid for, never seen."""


class RelationshipType(StrEnum):
    """How one asset stands to another, read from the first to the second."""

    DEPENDS_ON = "depends_on"
    CONNECTED_TO = "connected_to"
    RUNS_ON = "runs_on"
    PART_OF = "part_of"
    USES = "uses"
    POWERED_BY = "powered_by"
