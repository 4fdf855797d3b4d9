"""Host keys: what servers showed, what was approved, and the alarm when one changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from itsm.discovery.enums import HostKeyState
from itsm.discovery.events import HostKeyChanged
from itsm.discovery.models import HostKey, Network
from itsm.discovery.policies import POLICY, DiscoveryPermission
from itsm.discovery.wire import HostReport
from itsm.infra.unit import current_unit, emit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import RuleBroken
from itsm.kernel.policy import require

MOST_KEYS = 8
"""Keys of one host that are written down; a server has three or four, a hostile one as many as it likes."""


def note_host_keys(network: Network, reports: Sequence[HostReport], *, now: datetime) -> None:
    """Write down the keys that hosts showed. A new key at an address with an approved one is an alarm."""
    shown = {report.address: report.host_keys[:MOST_KEYS] for report in reports if report.host_keys}
    if not shown:
        return
    session = current_unit().session
    known: dict[str, list[HostKey]] = {address: [] for address in shown}
    wanted = select(HostKey).where(HostKey.network_id == network.id, HostKey.address.in_(shown))
    for row in session.scalars(wanted):
        known[row.address].append(row)
    for address, keys in shown.items():
        prints = {row.fingerprint for row in known[address]}
        pinned = any(row.state is HostKeyState.PINNED for row in known[address])
        for algorithm, fingerprint in keys:
            if fingerprint in prints:
                continue
            row = HostKey(
                network_id=network.id,
                address=address,
                algorithm=algorithm[:60],
                fingerprint=fingerprint[:80],
                state=HostKeyState.CHANGED if pinned else HostKeyState.OFFERED,
            )
            session.add(row)
            session.flush()
            if pinned:
                emit(HostKeyChanged(at=now, actor_id=None, host_key_id=row.id, address=address))


def decide_host_key(actor: Actor, key: HostKey, network: Network, *, trust: bool, now: datetime) -> None:
    """Approve a key (only then anything secret is shown to it) or reject it. Approving a changed key retires the old
    ones."""
    require(POLICY, actor, DiscoveryPermission.APPROVE_KEYS, network)
    if trust and key.state is HostKeyState.PINNED:
        raise RuleBroken("This key is approved already.")
    if trust and key.state is HostKeyState.CHANGED:
        session = current_unit().session
        old = select(HostKey).where(
            HostKey.network_id == key.network_id, HostKey.address == key.address, HostKey.state == HostKeyState.PINNED
        )
        for row in session.scalars(old):
            row.state, row.decided_by_id, row.decided_at = HostKeyState.REJECTED, actor.person_id, now
    key.state = HostKeyState.PINNED if trust else HostKeyState.REJECTED
    key.decided_by_id, key.decided_at = actor.person_id, now
