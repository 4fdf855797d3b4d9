"""Enums and field names in the reader's language."""

from __future__ import annotations

from typing import Any

from flask import url_for

from itsm.assets.enums import AssetKind, AssetStatus, RelationshipType
from itsm.assets.wording import source_word
from itsm.web.texts import _, once_a_language

source = source_word


@once_a_language
def statuses() -> list[tuple[str, str]]:
    """Return the statuses with their words, in the order of a life."""
    words = {
        AssetStatus.ON_ORDER: _("On order"),
        AssetStatus.IN_STOCK: _("In stock"),
        AssetStatus.RESERVED: _("Reserved"),
        AssetStatus.IN_USE: _("In use"),
        AssetStatus.IN_REPAIR: _("In repair"),
        AssetStatus.IN_TRANSIT: _("In transit"),
        AssetStatus.MISSING: _("Missing"),
        AssetStatus.RETIRED: _("Retired"),
        AssetStatus.DISPOSED: _("Disposed"),
    }
    return [(status.value, word) for status, word in words.items()]


@once_a_language
def kinds() -> list[tuple[str, str]]:
    """Return the kinds of assets with their words, by word."""
    words = {
        AssetKind.COMPUTER: _("Computer"),
        AssetKind.LAPTOP: _("Laptop"),
        AssetKind.WORKSTATION: _("Workstation"),
        AssetKind.SERVER: _("Server"),
        AssetKind.HYPERVISOR: _("Hypervisor"),
        AssetKind.VIRTUAL_MACHINE: _("Virtual machine"),
        AssetKind.CLOUD_INSTANCE: _("Cloud instance"),
        AssetKind.MANAGEMENT_CONTROLLER: _("Management controller"),
        AssetKind.PHONE: _("Phone"),
        AssetKind.IP_PHONE: _("Desk phone"),
        AssetKind.MOBILE_DEVICE: _("Mobile device"),
        AssetKind.MOBILE_SUBSCRIPTION: _("Mobile subscription"),
        AssetKind.PRINTER: _("Printer"),
        AssetKind.SWITCH: _("Switch"),
        AssetKind.ROUTER: _("Router"),
        AssetKind.FIREWALL: _("Firewall"),
        AssetKind.ACCESS_POINT: _("Access point"),
        AssetKind.WIRELESS_CONTROLLER: _("Wireless controller"),
        AssetKind.LOAD_BALANCER: _("Load balancer"),
        AssetKind.MONITOR: _("Monitor"),
        AssetKind.PERIPHERAL: _("Peripheral"),
        AssetKind.UPS: _("UPS"),
        AssetKind.PDU: _("Power strip"),
        AssetKind.NAS: _("Storage"),
        AssetKind.CAMERA: _("Camera"),
        AssetKind.SENSOR: _("Sensor"),
        AssetKind.APPLIANCE: _("Appliance"),
        AssetKind.SOFTWARE: _("Software"),
        AssetKind.OTHER: _("Something else"),
    }
    return sorted(((kind.value, word) for kind, word in words.items()), key=lambda pair: pair[1].casefold())


@once_a_language
def columns() -> dict[str, str]:
    """Return the names of the list's columns."""
    return {
        "status": _("Status"),
        "model": _("Model"),
        "serial": _("Serial number"),
        "custodian": _("Custodian"),
        "location": _("Location"),
        "department": _("Department"),
        "category": _("Category"),
        "address": _("Address"),
        "os": _("System"),
        "warranty": _("Warranty"),
        "first": _("First seen"),
        "seen": _("Last seen"),
        "updated": _("Changed"),
    }


@once_a_language
def flags() -> list[tuple[str, str]]:
    """Return what the list can be narrowed to besides."""
    return [
        ("disagreement", _("Disagreements")),
        ("stale", _("Silent for too long")),
        ("fresh", _("First seen this week")),
        ("never", _("Never seen")),
        ("unheld", _("In use by nobody")),
        ("warranty", _("Warranty ends soon")),
    ]


@once_a_language
def part_kinds() -> dict[str, str]:
    """Return what the kinds of components are called, as headings."""
    return {
        "chassis": _("Chassis"),
        "disk": _("Disks"),
        "fan": _("Fans"),
        "filesystem": _("Filesystems"),
        "memory": _("Memory"),
        "module": _("Modules"),
        "power_supply": _("Power supplies"),
        "processor": _("Processors"),
        "sensor": _("Sensors"),
        "stack": _("Stack"),
        "supply": _("Supplies"),
    }


@once_a_language
def fields() -> dict[str, str]:
    """Return what the fields of an asset are called."""
    return {
        "name": _("Name"),
        "kind": _("Kind"),
        "tag": _("Asset tag"),
        "status": _("Status"),
        "category_id": _("Category"),
        "maker": _("Manufacturer"),
        "manufacturer": _("Manufacturer"),
        "model": _("Model"),
        "model_id": _("Model"),
        "serial": _("Serial number"),
        "system_uuid": _("System UUID"),
        "custodian_id": _("Custodian"),
        "owner_id": _("Owner"),
        "department_id": _("Department"),
        "cost_centre_id": _("Cost centre"),
        "location_id": _("Location"),
        "parent_id": _("Built into"),
        "os_name": _("Operating system"),
        "os_version": _("System version"),
        "firmware": _("Firmware"),
        "memory_bytes": _("Memory"),
        "supplier": _("Supplier"),
        "order_number": _("Order number"),
        "purchased_on": _("Purchased"),
        "price": _("Price"),
        "price_minor": _("Price"),
        "currency": _("Currency"),
        "warranty_until": _("Warranty until"),
        "notes": _("Notes"),
        "custom": _("Custom fields"),
        "organization_id": _("Organization"),
    }


def worklists(current: str, *, waiting: str | int = 0) -> list[dict[str, Any]]:
    """Return the worklists as links; ``waiting`` disagreements are counted beside theirs."""
    tabs = [
        ("disagreements", _("Disagreements"), "disagreement", url_for("assets.disagreements")),
        (
            "unbooked",
            _("Not on the books"),
            "discovery",
            url_for("assets.worklist", worklist="unbooked"),
        ),
        ("unseen", _("Paid for, never seen"), "eye-off", url_for("assets.worklist", worklist="unseen")),
        ("resurfaced", _("Seen after their end"), "alarm", url_for("assets.resurfaced")),
    ]
    found = [{"label": label, "icon": icon, "href": href, "active": key == current} for key, label, icon, href in tabs]
    if waiting:
        found[0] |= {"count": waiting, "tone": "warn"}
    return found


def relationship_words(type_: RelationshipType, outward: bool) -> str:
    """Return how one asset stands to the other, read from here."""
    words = {
        RelationshipType.DEPENDS_ON: (_("depends on"), _("is needed by")),
        RelationshipType.CONNECTED_TO: (_("is connected to"), _("is connected to")),
        RelationshipType.RUNS_ON: (_("runs on"), _("hosts")),
        RelationshipType.PART_OF: (_("is part of"), _("contains")),
        RelationshipType.USES: (_("uses"), _("is used by")),
        RelationshipType.POWERED_BY: (_("is powered by"), _("powers")),
    }
    return words[type_][0 if outward else 1]


def status_word(value: Any) -> str:
    """Return the word for a status."""
    return _status_words().get(str(getattr(value, "value", value)), str(value))


def kind_word(value: Any) -> str:
    """Return the word for a kind."""
    return _kind_words().get(str(getattr(value, "value", value)), str(value))


@once_a_language
def _status_words() -> dict[str, str]:
    return dict(statuses())


@once_a_language
def _kind_words() -> dict[str, str]:
    return dict(kinds())
