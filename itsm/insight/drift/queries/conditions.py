"""What is not as it should be, rule by rule. Each reads its facts in one or two statements, however many assets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from itsm.assets.models import Address, Asset, Component, ObservedValue, Station
from itsm.discovery.enums import HostKeyState
from itsm.discovery.knowledge.mac_makers import maker_of_mac
from itsm.discovery.models import HostKey, Network
from itsm.discovery.rules.keys import is_shared_mac
from itsm.insight.drift.enums import CHANGES, RuleKey
from itsm.insight.drift.queries.facts import Facts
from itsm.insight.drift.queries.scope import GONE, Scope, Subject
from itsm.insight.drift.rules.comparing import MACS, Finding, changes
from itsm.insight.drift.rules.labels import value_words

SHARED_BY_DESIGN: Final = frozenset({"router", "firewall", "load_balancer", "wireless_controller", "switch"})
"""Kinds that share an address on purpose, for one to take over from the other."""
_EXPIRED_FOR = timedelta(days=90)
"""How long after its end a warranty or certificate is still news."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """A baseline as it is compared with. ``since``: when the asset was first looked at in any manner."""

    facts: Facts
    since: datetime
    id: int = 0
    own: Facts | None = None
    """What is kept under ``id``, where ``facts`` has also what was known of records that were merged."""


@dataclass(slots=True)
class Look:
    """All that the rules of one look read from: loaded once."""

    session: Session
    scope: Scope
    now: datetime
    facts: Mapping[int, Facts]
    baselines: Mapping[tuple[int, str], Baseline]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule found, and of which assets it can say so. ``about`` None: of all that have open drift."""

    findings: list[Finding]
    about: Iterable[int] | None


def look_for(rule: RuleKey, look: Look, threshold: int | None) -> Verdict:
    """Return what a rule finds now."""
    if rule in CHANGES:
        return _changed(rule, look, threshold or 0)
    return _READERS[rule](look, threshold or 0)


def _changed(rule: RuleKey, look: Look, tolerance: int) -> Verdict:
    """Compare what was read whole with its baseline; what is new in this manner has nothing to be compared with."""
    found: list[Finding] = []
    about: list[int] = []
    for subject in look.scope.seen.values():
        baseline = look.baselines.get((subject.id, subject.manner))
        now = look.facts.get(subject.id, {})
        if subject.partial or baseline is None:
            continue
        about.append(subject.id)
        for change in changes(rule, baseline.facts, now, tolerance=tolerance):
            found.append(
                Finding(
                    subject.id,
                    change.key[:200],
                    value_words(rule, change.before),
                    value_words(rule, change.after),
                    value={"key": change.key, "value": change.after},
                    sighting_id=subject.sighting_id,
                    manner=subject.manner,
                    at=datetime.fromisoformat(change.after) if rule is RuleKey.CONFIGURATION_CHANGED else None,
                )
            )
    return Verdict(found, about)


def _levels(look: Look, kind: str, is_bad: Callable[[int], bool], should: str) -> Verdict:
    wanted = select(Component.asset_id, Component.name, Component.level).where(
        Component.asset_id.in_(look.scope.ids),
        Component.kind == kind,
        Component.gone_at.is_(None),
        Component.level.is_not(None),
    )
    found: dict[tuple[int, str], Finding] = {}
    about: set[int] = set()
    for owner_id, name, level in look.session.execute(wanted.order_by(Component.id)):
        asset_id = look.scope.root(owner_id)
        subject = look.scope.seen.get(asset_id)
        if subject is None or level is None:
            continue
        about.add(asset_id)
        if is_bad(level):
            key = (asset_id, name[:200])
            found.setdefault(key, Finding(*key, should, f"{level} %", sighting_id=subject.sighting_id))
    return Verdict(list(found.values()), about)


def _supplies(look: Look, threshold: int) -> Verdict:
    return _levels(look, "supply", lambda level: 0 <= level <= threshold, f"> {threshold} %")


def _disks(look: Look, threshold: int) -> Verdict:
    return _levels(look, "filesystem", lambda level: level >= threshold, f"< {threshold} %")


def _silent(look: Look, _threshold: int) -> Verdict:
    found = [
        Finding(one.id, "", _moment(one.last_seen_at), "silent", sighting_id=one.sighting_id)
        for one in look.scope.silent.values()
    ]
    return Verdict(found, [*look.scope.seen, *look.scope.silent])


def _moment(at: datetime | None) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if at else ""


def _strangers(look: Look, _threshold: int) -> Verdict:
    wanted = select(Station.mac, Station.port, Station.place_id, Station.since_at).where(
        Station.organization_id == look.scope.organization_id,
        Station.place_id.in_(look.scope.ids),
        Station.last_seen_at >= look.scope.since,
        Station.asset_id.is_(None),
    )
    accepted: dict[int, set[str]] = defaultdict(set)
    since: dict[int, datetime] = {}
    for (asset_id, _manner), baseline in look.baselines.items():
        accepted[asset_id] |= set(baseline.facts.get(MACS, {}))
        since[asset_id] = min(baseline.since, since.get(asset_id, baseline.since))
    found = []
    for mac, port, place_id, first in look.session.execute(wanted):
        switch_id = look.scope.root(place_id)
        subject = look.scope.seen.get(switch_id)
        if is_shared_mac(mac):
            continue
        if subject is None or switch_id not in since or first <= since[switch_id] or mac in accepted[switch_id]:
            continue
        where = " · ".join(filter(None, (port and f"port {port}", maker_of_mac(mac) or "")))
        value = {"key": mac, "value": True}
        found.append(Finding(switch_id, mac, "", where, value, subject.sighting_id, subject.manner))
    return Verdict(found, list(look.scope.seen))


def _duplicates(look: Look, _threshold: int) -> Verdict:
    wanted = select(Address.address, Address.asset_id).where(
        Address.asset_id.in_(look.scope.ids), Address.gone_at.is_(None), Address.address.in_(look.scope.addresses)
    )
    claims: dict[str, dict[int, Subject]] = defaultdict(dict)
    for address, owner_id in look.session.execute(wanted):
        asset_id = look.scope.root(owner_id)
        if asset_id in look.scope.seen:
            claims[address][asset_id] = look.scope.seen[asset_id]
    found = []
    for address, holders in sorted(claims.items()):
        if len(holders) < 2 or all(one.kind in SHARED_BY_DESIGN for one in holders.values()):
            continue
        # The one that came last into the register is told of it: it is the likelier newcomer.
        newest = holders[max(holders)]
        others = ", ".join(f"{one.tag} {one.name}" for i, one in sorted(holders.items()) if i != newest.id)
        found.append(Finding(newest.id, address, "", others[:500], sighting_id=newest.sighting_id))
    return Verdict(found, list(look.scope.seen))


def _host_keys(look: Look, _threshold: int) -> Verdict:
    """A host that shows another key is not let in, so it may not have been read at all: this asks the keys alone."""
    said = aliased(Asset)
    wanted = (
        select(HostKey.address, HostKey.fingerprint, HostKey.algorithm, Asset.id)
        .join(Network, Network.id == HostKey.network_id)
        .join(Address, and_(Address.address == HostKey.address, Address.gone_at.is_(None)))
        .join(said, said.id == Address.asset_id)
        .join(Asset, Asset.id == func.coalesce(said.merged_into_id, said.id))
        .where(
            HostKey.state == HostKeyState.CHANGED,
            Network.organization_id == look.scope.organization_id,
            Asset.organization_id == look.scope.organization_id,
            Asset.status.not_in(GONE),
        )
    )
    found: dict[tuple[int, str], Finding] = {}
    for address, fingerprint, algorithm, asset_id in look.session.execute(wanted.order_by(HostKey.id)):
        found[asset_id, address] = Finding(asset_id, address, "", f"{algorithm} {fingerprint}")
    return Verdict(list(found.values()), None)


def _warranties(look: Look, days: int) -> Verdict:
    today = look.now.date()
    wanted = select(Asset.id, Asset.warranty_until).where(
        Asset.organization_id == look.scope.organization_id,
        Asset.merged_into_id.is_(None),
        Asset.status.not_in(GONE),
        Asset.warranty_until <= today + timedelta(days=days),
        Asset.warranty_until >= today - _EXPIRED_FOR,
    )
    found = [
        Finding(asset_id, "", "", _ends(until, today)) for asset_id, until in look.session.execute(wanted) if until
    ]
    return Verdict(found, None)


def _ends(until: date, today: date) -> str:
    left = (until - today).days
    return f"{until.isoformat()} ({left:+d} d)"


def _certificates(look: Look, days: int) -> Verdict:
    said = aliased(Asset)
    wanted = (
        select(Asset.id, ObservedValue.value, ObservedValue.sighting_id)
        .select_from(ObservedValue)
        .join(said, said.id == ObservedValue.asset_id)
        .join(Asset, Asset.id == func.coalesce(said.merged_into_id, said.id))
        .where(
            ObservedValue.field == "certificate",
            ObservedValue.ended_at.is_(None),
            Asset.organization_id == look.scope.organization_id,
            Asset.status.not_in(GONE),
        )
    )
    found: dict[tuple[int, str], Finding] = {}
    today = look.now.date()
    for asset_id, value, sighting_id in look.session.execute(wanted):
        until, _, name = value.partition(" ")
        with_date = _date(until)
        if with_date is not None and today - _EXPIRED_FOR <= with_date <= today + timedelta(days=days):
            one = Finding(asset_id, name[:200], "", _ends(with_date, today), sighting_id=sighting_id)
            found.setdefault((asset_id, one.subject), one)
    return Verdict(list(found.values()), None)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


_READERS: Mapping[RuleKey, Callable[[Look, int], Verdict]] = {
    RuleKey.SUPPLIES_LOW: _supplies,
    RuleKey.DISK_FULL: _disks,
    RuleKey.SILENT: _silent,
    RuleKey.UNKNOWN_MAC: _strangers,
    RuleKey.DUPLICATE_ADDRESS: _duplicates,
    RuleKey.HOST_KEY_CHANGED: _host_keys,
    RuleKey.WARRANTY_ENDING: _warranties,
    RuleKey.CERTIFICATE_ENDING: _certificates,
}
