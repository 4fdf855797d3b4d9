"""Bringing assets in line with sightings of them: fields, interfaces, addresses, components, software."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from itsm.assets.models import Asset
from itsm.assets.services import parts
from itsm.assets.services.observation import Evidence, observe
from itsm.discovery import reading
from itsm.discovery.facts import Device
from itsm.discovery.rules import stacks
from itsm.discovery.services.prepared import Prepared
from itsm.discovery.wire import HostReport
from itsm.infra.unit import together
from itsm.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class Seen:
    """A sighting of an asset. ``alias``: in the same sweep it was told about at another address already."""

    asset: Asset
    prepared: Prepared
    sighting_id: int
    alias: bool = False


def reconcile(
    actor: Actor,
    seen: Sequence[Seen],
    evidence: dict[int, Evidence],
    *,
    now: datetime,
    precedence: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Bring assets in line with sightings of them.

    Of an alias only its addresses count: the rest was told at the first address. ``evidence`` is what is known of the
    assets' fields; it is read where it is missing.
    """
    first = [one for one in seen if not one.alias]
    with together():
        for one in first:
            report = one.prepared.report
            said = reading.observations(report, stacks.managed(one.prepared.device), one.sighting_id)
            known = evidence.get(one.asset.id)
            observe(actor, one.asset, said, now=now, evidence=known, address=report.address, precedence=precedence)
        parts.sync(actor, [_parts(one) for one in first], now=now)
        parts.sync(actor, _further_addresses([one for one in seen if one.alias]), now=now)


def _parts(one: Seen) -> parts.Parts:
    report, device = one.prepared.report, one.prepared.device
    return parts.Parts(
        one.asset,
        interfaces=reading.interface_rows(device),
        addresses=_addresses(report, device),
        components=reading.component_rows(device),
        software=reading.software_rows(device),
        whole=not report.partial,
    )


def _further_addresses(aliases: Sequence[Seen]) -> list[parts.Parts]:
    """Return the addresses that aliases add to each of their assets."""
    found: dict[int, dict[str, None]] = defaultdict(dict)
    for one in aliases:
        found[one.asset.id] |= dict.fromkeys(_addresses(one.prepared.report, one.prepared.device))
    assets = {one.asset.id: one.asset for one in aliases}
    return [parts.Parts(assets[id_], addresses=list(some), whole=False) for id_, some in found.items()]


def _addresses(report: HostReport, device: Device) -> list[str]:
    """Return the addresses a device is known by: the one that answered, and its own but the loopback that every host
    has."""
    own = (address for address in device.ips if address not in ("127.0.0.1", "::1"))
    return list(dict.fromkeys([report.address, *own]))
