"""Read one agent's inventory: who it is, then what its kind is known to answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from itsm.discovery.probe import standard
from itsm.discovery.probe.budget import Stopped
from itsm.discovery.probe.snmp import ber
from itsm.discovery.probe.snmp.reader import Reader
from itsm.discovery.probe.snmp.session import Session
from itsm.discovery.wire import SnmpFacts, Stage, Varbind


class Plan(Protocol):
    """What to ask a device; see :class:`~itsm.discovery.probe.standard.ReadPlan`."""

    @property
    def scalars(self) -> tuple[str, ...]:
        """OIDs of single values, with their instance."""

    @property
    def columns(self) -> tuple[str, ...]:
        """OIDs of whole columns."""

    @property
    def samples(self) -> tuple[tuple[str, int], ...]:
        """(subtree, number of rows wanted)."""


Planner = Callable[[str | None, str | None, Iterable[int]], Plan]
"""(sysObjectID, sysDescr, enterprise numbers that the agent knows) -> what to ask this device."""
VlanSessions = Callable[[int], Session | None]
"""A session that sees one VLAN's forwarding table, or None where the protocol version has no such thing."""

_CISCO = "1.3.6.1.4.1.9."
_VTP_VLAN_STATE = "1.3.6.1.4.1.9.9.46.1.3.1.1.2"
_DOT1D_FDB = "1.3.6.1.2.1.17.4.3.1.2"
_DOT1D_PORTS = "1.3.6.1.2.1.17.1.4.1.2"
_DOT1Q_FDB = "1.3.6.1.2.1.17.7.1.2.2.1.2"
_MOST_VLANS = 64


@dataclass(frozen=True, slots=True)
class Reading:
    """What one agent answered, and how the conversation went."""

    varbinds: tuple[Varbind, ...]
    stage: Stage
    partial: bool


async def read_agent(
    session: Session, planner: Planner = standard.objects_for, vlan_sessions: VlanSessions | None = None
) -> Reading:
    """Read an agent's inventory. Never raises for what it does: the stage names it, what came is kept."""
    reader = Reader(session)
    reason, detail = "", ""
    try:
        await _read_all(reader, planner, vlan_sessions)
    except Stopped as stopped:
        reason, detail = stopped.reason, stopped.detail
    harvest = reader.harvest
    if not reason:
        reason, detail = harvest.reason, harvest.detail
    meter = session.meter
    stage = Stage("snmp", reason, round(meter.elapsed * 1000), meter.octets, meter.packets, detail[:300])
    return Reading(tuple(harvest.varbinds), stage, partial=reason != "ok")


async def _read_all(reader: Reader, planner: Planner, vlan_sessions: VlanSessions | None) -> None:
    await reader.scalars(standard.SYSTEM)
    facts = SnmpFacts.of(reader.harvest.varbinds)
    object_id = facts.text(standard.SYS_OBJECT_ID)
    plan = planner(object_id, facts.text(standard.SYS_DESCR), await reader.enterprises())
    known = set(standard.SYSTEM)
    await reader.scalars([oid for oid in dict.fromkeys(plan.scalars) if oid not in known])
    await asyncio.sleep(0)
    await reader.columns(dict.fromkeys(plan.columns))
    for subtree, rows in plan.samples:
        await reader.sample(subtree, rows)
    if vlan_sessions is not None and object_id and object_id.startswith(_CISCO):
        await _read_vlans(reader, vlan_sessions)


async def _read_vlans(reader: Reader, vlan_sessions: VlanSessions) -> None:
    """Read each VLAN's forwarding table of a Cisco that keeps one a VLAN, and file it as dot1qTpFdb rows.

    Such a switch shows BRIDGE-MIB of VLAN n to ``community@n`` only.  The rows become what a switch with
    Q-BRIDGE-MIB would have said, ``…2.2.1.2.<vlan>.<mac> = port``, so that readers know one form.
    """
    facts = SnmpFacts.of(reader.harvest.varbinds)
    if any(True for _ in facts.column(_DOT1Q_FDB)):
        return
    await reader.columns([_VTP_VLAN_STATE])
    states = SnmpFacts.of(reader.harvest.varbinds).column(_VTP_VLAN_STATE)
    vlans = [int(index.split(".")[-1]) for index, state in states if state.value == "1"]
    for vlan in [vlan for vlan in vlans if not 1002 <= vlan <= 1005][:_MOST_VLANS]:
        session = vlan_sessions(vlan)
        if session is None or not await _read_vlan(reader, session, vlan):
            return


async def _read_vlan(reader: Reader, session: Session, vlan: int) -> bool:
    """Read one VLAN; False where the agent knows no VLANs by community (one unanswered question)."""
    try:
        await session.ask(ber.GETNEXT, [ber.encode_oid(_DOT1D_PORTS)], patient=False)
    except Stopped as stopped:
        if stopped.reason.startswith("budget_"):
            raise
        return False
    inner = Reader(session)
    try:
        await inner.columns([_DOT1D_FDB, _DOT1D_PORTS])
    except Stopped as stopped:
        if stopped.reason.startswith("budget_"):
            raise
    for row in inner.harvest.varbinds:
        if row.oid.startswith(_DOT1D_FDB):
            name = f"{_DOT1Q_FDB}.{vlan}{row.oid.removeprefix(_DOT1D_FDB)}"
            reader.harvest.varbinds.append(Varbind(name, row.tag, row.value))
        else:
            reader.harvest.varbinds.append(row)
    return True
