"""Orders for probes: what a probe needs to know and nothing else, signed by us and sealed for it alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from itsm.discovery.models import HouseKey, Network, Probe, Schedule, Sweep, SweepPart
from itsm.discovery.probe.errand import Errand
from itsm.discovery.probe.remote import envelope
from itsm.discovery.probe.remote.keys import KeyPair, PublicKeys
from itsm.discovery.probe.remote.parcel import credential_to_json
from itsm.discovery.probe.targets import parse_target
from itsm.discovery.services.exclusions import never_of
from itsm.discovery.services.orders import covers, credentials_of, left_out, pins_of, unsealed
from itsm.discovery.services.refusals import spent
from itsm.infra.sealing import key_ring, place
from itsm.kernel.errors import RuleBroken
from itsm.kernel.text import phrase

STANDING_LASTS = timedelta(days=30)


def order(
    session: Session, probe: Probe, networks: Sequence[Network], *, part: SweepPart, sweep: Sweep, now: datetime
) -> bytes:
    """Return the order of a part. Raises RuleBroken where it is too large for one envelope."""
    content: dict[str, Any] = {"networks": [described(session, network, now=now) for network in networks]}
    if sweep.addresses is not None:
        for data, network in zip(content["networks"], networks, strict=True):
            never = never_of(session, network, now=now)
            data["ranges"] = [address for address in sweep.addresses if covers(network, address, never)]
    content["outside_windows"] = sweep.outside_windows
    content |= spent(session, probe, [network.id for network in networks], now=now)
    if part.slot_at is not None:
        content["slot"] = f"schedule:{sweep.schedule_id}:{part.slot_at.isoformat()}"
    head = {"part": str(part.id), "issued_at": now.isoformat(), "expires_at": (part.due_at or now).isoformat()}
    return _sealed(session, probe, head, content)


def errand_order(
    session: Session, probe: Probe, network: Network, address: str, errand: Errand, *, part: SweepPart, now: datetime
) -> bytes:
    """Return the order of an errand: the network as its rules are, with this one address in it. Raises RuleBroken."""
    data = described(session, network, now=now)
    data["ranges"] = [address] if covers(network, address, never_of(session, network, now=now)) else []
    content = {"networks": [data], "errand": errand.to_json(), "outside_windows": False}
    content |= spent(session, probe, [network.id], now=now)
    head = {"part": str(part.id), "issued_at": now.isoformat(), "expires_at": (part.due_at or now).isoformat()}
    return _sealed(session, probe, head, content)


def standing(session: Session, probe: Probe, *, now: datetime) -> bytes | None:
    """Return the standing order of a probe: its networks' schedules, for when we cannot be reached. None without any."""
    networks = session.scalars(select(Network).where(Network.probe == probe.name, Network.enabled)).all()
    ids = {network.id for network in networks}
    schedules = [
        {"id": row.id, "cron": row.cron, "time_zone": row.time_zone, "networks": sorted(ids & set(row.network_ids))}
        for row in session.scalars(select(Schedule).where(Schedule.enabled).order_by(Schedule.id))
        if ids & set(row.network_ids)
    ]
    if not schedules:
        return None
    content = {"networks": [described(session, network, now=now) for network in networks], "schedules": schedules}
    content |= spent(session, probe, sorted(ids), now=now)
    head = {"part": "standing", "issued_at": now.isoformat(), "expires_at": (now + STANDING_LASTS).isoformat()}
    return _sealed(session, probe, head, content)


def described(session: Session, network: Network, *, now: datetime) -> dict[str, Any]:
    """Return a network as an order names it, with its credentials in plain: seal it before it goes anywhere.

    Of what nothing may ever ask, the probe learns what lies in its own ranges.
    """
    borders = tuple(net for text in network.ranges for net in parse_target(text).networks())
    names = ("id", "name", "ranges", "allow_public", "pace", "subnet_pace", "snmp_port", "ssh_port", "ping", "windows")
    data: dict[str, Any] = {name: getattr(network, name) for name in names}
    data["exclusions"] = [str(run) for run, _ in left_out(network, never_of(session, network, now=now))]
    data |= {"time_zone": network.time_zone, "certificates": network.certificates}
    data["host_pins"] = {address: sorted(prints) for address, prints in pins_of(session, network.id).items()}
    data["credentials"] = [credential_to_json(unsealed(row, borders)) for row in credentials_of(session, network.id)]
    return data


def _sealed(session: Session, probe: Probe, head: Mapping[str, Any], content: Mapping[str, Any]) -> bytes:
    row = session.scalars(select(HouseKey).order_by(HouseKey.id.desc()).limit(1)).one()
    ours = KeyPair.from_text(key_ring().open(row.sealed, place=place(row, "sealed")))
    recipient = PublicKeys(probe.sign_key, probe.box_key)
    try:
        return envelope.pack({**head, "kind": "order", "probe": probe.name}, content, signer=ours, to=recipient)
    except envelope.Refused as refusal:
        raise RuleBroken(
            phrase("The order for %(name)s is too large: give it fewer networks.", name=probe.name)
        ) from refusal
