"""What a device is and has, as read from a :class:`~itsm.discovery.wire.HostReport`: plain values.

``knowledge/`` makes :class:`Identity`, the readers and parsers make the lists, and ``Device`` is the whole: it is
what ``itsm discover scan --json`` prints and what reconciliation compares with the register.

Nothing here imports the application, Flask or SQLAlchemy.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class DeviceKind(StrEnum):
    """What sort of thing answers. The value is stored and printed."""

    SWITCH = "switch"
    ROUTER = "router"
    FIREWALL = "firewall"
    ACCESS_POINT = "access_point"
    WIRELESS_CONTROLLER = "wireless_controller"
    LOAD_BALANCER = "load_balancer"
    SERVER = "server"
    WORKSTATION = "workstation"
    LAPTOP = "laptop"
    VIRTUAL_MACHINE = "virtual_machine"
    HYPERVISOR = "hypervisor"
    MANAGEMENT_CONTROLLER = "management_controller"
    PHONE = "phone"
    IP_PHONE = "ip_phone"
    MOBILE_DEVICE = "mobile_device"
    PRINTER = "printer"
    UPS = "ups"
    PDU = "pdu"
    NAS = "nas"
    CAMERA = "camera"
    SENSOR = "sensor"
    APPLIANCE = "appliance"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why an answer was given: the ``field``, its ``value``, the ``object`` read, the ``rule`` applied and the
    ``confidence`` from 0 (a guess) to 1 (the device says so in a standard object)."""

    field: str
    value: str
    object: str
    rule: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Port:
    """A network interface. ``speed`` is in bits a second; ``mac`` lower case with colons."""

    name: str
    mac: str | None = None
    speed: int | None = None
    index: int | None = None
    alias: str | None = None
    type: int | None = None
    """IANAifType number."""
    admin_up: bool | None = None
    oper_up: bool | None = None
    vlan: int | None = None
    """The VLAN of untagged frames."""
    tagged: tuple[int, ...] = ()
    """The VLANs that are tagged here."""
    lag: str | None = None
    """The name of the aggregate (LAG, port channel, bond) that the port is a member of."""


@dataclass(frozen=True, slots=True)
class Supply:
    """A printer's consumable. ``level`` is in percent; None where the printer only says "some" or nothing."""

    name: str
    type: str | None = None
    colour: str | None = None
    level: int | None = None


@dataclass(frozen=True, slots=True)
class Component:
    """A part: chassis, module, power supply, memory module, disk, processor. ``size`` is in bytes."""

    kind: str
    name: str
    model: str | None = None
    serial: str | None = None
    vendor: str | None = None
    version: str | None = None
    size: int | None = None
    slot: str | None = None
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Who is at the other end of a port, and by which protocol (lldp, cdp, fdp, edp) we were told."""

    port: str | None
    host: str | None
    protocol: str
    chassis_id: str | None = None
    remote_port: str | None = None
    address: str | None = None
    platform: str | None = None
    version: str | None = None
    serial: str | None = None
    vendor: str | None = None
    model: str | None = None
    bridges: bool | None = None
    """Whether others are reached through it (a bridge or a router by its own word); None where it is not told."""


@dataclass(frozen=True, slots=True)
class Guest:
    """A virtual machine, or a container, that runs on the device. ``state`` is the hypervisor's own word."""

    name: str
    uuid: str | None = None
    state: str | None = None
    system: str | None = None
    """The operating system that it was set up for, or the image of a container."""
    macs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Software:
    """An installed piece of software, by the title the device gives it."""

    name: str
    version: str | None = None
    publisher: str | None = None


@dataclass(frozen=True, slots=True)
class Forwarding:
    """A host seen behind a port (FDB), an address bound to a MAC (ARP, ND) or a wireless client: the ``source`` says
    which. ``signal`` is in dBm."""

    mac: str
    source: str
    port: str | None = None
    vlan: int | None = None
    address: str | None = None
    ssid: str | None = None
    signal: int | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """Everything that one sighting tells. Unknown is None or empty, never a guess."""

    address: str
    kind: DeviceKind = DeviceKind.UNKNOWN
    vendor: str | None = None
    model: str | None = None
    version: str | None = None
    serial: str | None = None
    name: str | None = None
    system_uuid: str | None = None
    base_mac: str | None = None
    engine_id: str | None = None
    os_name: str | None = None
    os_version: str | None = None
    memory_bytes: int | None = None
    page_count: int | None = None
    ports: tuple[Port, ...] = ()
    ips: tuple[str, ...] = ()
    supplies: tuple[Supply, ...] = ()
    components: tuple[Component, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    software: tuple[Software, ...] = ()
    forwarding: tuple[Forwarding, ...] = ()
    vlans: tuple[tuple[int, str], ...] = ()
    guests: tuple[Guest, ...] = ()
    containers: tuple[Guest, ...] = ()
    filesystems: tuple[tuple[str, int, int], ...] = ()
    """(mount point, size in bytes, used bytes)."""
    users: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    privileged: tuple[tuple[str, str], ...] = ()
    """(account, by which groups or because of uid 0)."""
    why: tuple[Evidence, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the device as plain JSON types."""
        return asdict(self)
