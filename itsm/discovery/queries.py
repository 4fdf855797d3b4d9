"""What people read of discovery; everything starts from what the actor may see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from itsm.accounts.models import Person
from itsm.assets.models import Asset, Manufacturer, Model
from itsm.assets.queries import one_thing
from itsm.discovery.enums import HostKeyState, MatchState, TargetResult
from itsm.discovery.models import (
    Credential,
    Exclusion,
    HostKey,
    Identification,
    Match,
    Network,
    Schedule,
    Sighting,
    Sweep,
    TargetOutcome,
    credential_network,
)
from itsm.discovery.policies import POLICY, DiscoveryPermission
from itsm.discovery.runner import vanished
from itsm.kernel.actor import Actor
from itsm.kernel.errors import NotFound
from itsm.kernel.policy import allowed
from itsm.org.models import Organization
from itsm.web import listing

CAP = 1000
"""Counts beyond it are told as "1,000+"."""


def seen_by(actor: Actor, permission: DiscoveryPermission, column: Any) -> ColumnElement[bool]:
    """Return the where clause of a permission: nothing, everything, or what belongs to the actor's organizations."""
    if not allowed(POLICY, actor, permission):
        return false()
    return true() if actor.all_organizations else column.in_(actor.organization_ids)


def visible_networks(actor: Actor) -> Select[Any]:
    """Return the networks that exist for the actor."""
    return select(Network).where(seen_by(actor, DiscoveryPermission.READ, Network.organization_id))


def visible_sweeps(actor: Actor) -> Select[Any]:
    """Return the sweeps that exist for the actor."""
    return select(Sweep).where(seen_by(actor, DiscoveryPermission.READ, Sweep.organization_id))


def visible_schedules(actor: Actor) -> Select[Any]:
    """Return the schedules that exist for the actor."""
    return select(Schedule).where(seen_by(actor, DiscoveryPermission.READ, Schedule.organization_id))


def visible_exclusions(actor: Actor) -> Select[Any]:
    """Return the exclusions that exist for the actor: those of the whole installation are everybody's."""
    house = Exclusion.organization_id.is_(None) if allowed(POLICY, actor, DiscoveryPermission.READ) else false()
    return select(Exclusion).where(or_(house, seen_by(actor, DiscoveryPermission.READ, Exclusion.organization_id)))


def exclusion_list(session: Session, actor: Actor, *, after: str | None, before: str | None) -> listing.Page[Any]:
    """Return a page of exclusions, the newest first, with whose they are and who entered them."""
    columns = (Exclusion.id, Exclusion.ranges, Exclusion.reason, Exclusion.until_on, Exclusion.ended_at)
    wanted = (
        visible_exclusions(actor)
        .with_only_columns(*columns, Exclusion.organization_id, Exclusion.created_at, Exclusion.version)
        .add_columns(Organization.name.label("organization"), Person.name.label("by"))
        .outerjoin(Organization, Organization.id == Exclusion.organization_id)
        .outerjoin(Person, Person.id == Exclusion.by_id)
    )
    return listing.fetch(session, wanted, [listing.Key(Exclusion.id, "id", True)], after=after, before=before, size=30)


def visible_credentials(actor: Actor) -> Select[Any]:
    """Return the credentials whose existence (never whose secret) the actor may know of."""
    return select(Credential).where(seen_by(actor, DiscoveryPermission.READ_CREDENTIALS, Credential.organization_id))


def visible_matches(actor: Actor) -> Select[Any]:
    """Return the matches that exist for the actor."""
    return select(Match).where(seen_by(actor, DiscoveryPermission.READ, Match.organization_id))


def visible_host_keys(actor: Actor) -> Select[Any]:
    """Return (host key, network) pairs that exist for the actor."""
    pairs: Select[Any] = select(HostKey, Network).join(Network, Network.id == HostKey.network_id)  # type: ignore[assignment]
    return pairs.where(seen_by(actor, DiscoveryPermission.READ, Network.organization_id))


def get_one(session: Session, wanted: Select[Any], model: Any, thing_id: int) -> Any:
    """Return the one row of a visible select. Raises NotFound where it does not exist for the actor."""
    found = session.scalars(wanted.where(model.id == thing_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def credentials_by_network(session: Session, network_ids: Sequence[int]) -> dict[int, list[str]]:
    """Return the names of the credentials bound to each network."""
    found: dict[int, list[str]] = {network_id: [] for network_id in network_ids}
    wanted = (
        select(credential_network.c.network_id, Credential.name)
        .join(Credential, Credential.id == credential_network.c.credential_id)
        .where(credential_network.c.network_id.in_(network_ids), Credential.enabled)
        .order_by(Credential.position, Credential.id)
    )
    for network_id, name in session.execute(wanted):
        found[network_id].append(name)
    return found


def sweep_list(session: Session, actor: Actor, *, after: str | None, before: str | None) -> listing.Page[Any]:
    """Return a page of sweeps, the newest first, with who asked for each."""
    columns = (
        Sweep.id,
        Sweep.state,
        Sweep.network_ids,
        Sweep.started_at,
        Sweep.finished_at,
        Sweep.created_at,
    )
    counts = (Sweep.total, Sweep.new, Sweep.changed, Sweep.same, Sweep.undecided, Sweep.vanished, Sweep.error)
    wanted = (
        visible_sweeps(actor)
        .with_only_columns(*columns, *counts, Person.name.label("started_by"))
        .outerjoin(Person, Person.id == Sweep.started_by_id)
    )
    return listing.fetch(session, wanted, [listing.Key(Sweep.id, "id", True)], after=after, before=before, size=25)


def outcomes(
    session: Session, sweep_id: int, result: TargetResult | None, *, after: str | None, before: str | None
) -> listing.Page[Any]:
    """Return a page of what a sweep came to, the newest first: address, result, reason, and the asset where there is
    one."""
    said = aliased(Asset)
    wanted = (
        select(TargetOutcome.id, TargetOutcome.address, TargetOutcome.result, TargetOutcome.reason, TargetOutcome.stage)
        .add_columns(TargetOutcome.detail, TargetOutcome.milliseconds, TargetOutcome.at, TargetOutcome.sighting_id)
        .add_columns(Asset.id.label("asset_id"), Asset.name, Asset.tag, Asset.kind, Asset.serial)
        .add_columns(Model.name.label("model"), Manufacturer.name.label("maker"))
        .outerjoin(said, said.id == TargetOutcome.asset_id)
        .outerjoin(Asset, Asset.id == func.coalesce(said.merged_into_id, said.id))
        .outerjoin(Model, Model.id == Asset.model_id)
        .outerjoin(Manufacturer, Manufacturer.id == Model.manufacturer_id)
        .where(TargetOutcome.sweep_id == sweep_id)
    )
    if result is not None:
        wanted = wanted.where(TargetOutcome.result == result)
    key = [listing.Key(TargetOutcome.id, "id", True)]
    return listing.fetch(session, wanted, key, after=after, before=before, size=50)


def vanished_assets(session: Session, sweep: Sweep) -> Sequence[Any]:
    """Return at most 200 live assets that this sweep's networks knew and the sweep did not see."""
    if sweep.started_at is None:
        return []
    columns = (Asset.id, Asset.name, Asset.tag, Asset.kind, Asset.last_seen_at)
    wanted = vanished(sweep.network_ids, sweep.started_at).with_only_columns(*columns, maintain_column_froms=True)
    return session.execute(wanted.distinct().order_by(Asset.name, Asset.id).limit(200)).all()


def undecided(session: Session, actor: Actor) -> Sequence[Any]:
    """Return at most 100 sightings that wait for a person to say which asset they are."""
    wanted = (
        visible_matches(actor)
        .with_only_columns(Match, Sighting.address, Sighting.taken_at, Identification, maintain_column_froms=True)
        .join(Sighting, Sighting.id == Match.sighting_id)
        .outerjoin(Identification, Identification.sighting_id == Match.sighting_id)
        .where(Match.state == MatchState.UNDECIDED)
        .order_by(Match.id.desc())
        .limit(100)
    )
    return session.execute(wanted).all()


def sightings_of(session: Session, actor: Actor, asset_id: int) -> Sequence[Any]:
    """Return at most 200 sightings of an asset, the newest of each network and address, with how it was recognised."""
    newest = (
        visible_matches(actor)
        .with_only_columns(func.max(Sighting.id), maintain_column_froms=True)
        .join(Sighting, Sighting.id == Match.sighting_id)
        .where(Match.asset_id.in_(one_thing(asset_id)))
        .group_by(Sighting.network_id, Sighting.address)
    )
    wanted = (
        select(Sighting.id, Sighting.address, Sighting.last_seen_at, Network.name.label("network"), Match.state)
        .add_columns(Match.keys, Identification.vendor, Identification.model, Identification.serial)
        .add_columns(Identification.name)
        .join(Match, Match.sighting_id == Sighting.id)
        .outerjoin(Network, Network.id == Sighting.network_id)
        .outerjoin(Identification, Identification.sighting_id == Sighting.id)
        .where(Sighting.id.in_(newest))
        .order_by(Sighting.last_seen_at.desc(), Sighting.id.desc())
        .limit(200)
    )
    return session.execute(wanted).all()


def capped_counts(session: Session, actor: Actor) -> dict[str, int]:
    """Return what waits for a person: undecided sightings and host keys to approve; each counted up to the cap."""
    matches = visible_matches(actor).where(Match.state == MatchState.UNDECIDED).with_only_columns(Match.id).limit(CAP)
    waiting = (HostKeyState.OFFERED, HostKeyState.CHANGED)
    keys = visible_host_keys(actor).where(HostKey.state.in_(waiting)).with_only_columns(HostKey.id).limit(CAP)
    row = session.execute(
        select(
            select(func.count()).select_from(matches.subquery()).scalar_subquery(),
            select(func.count()).select_from(keys.subquery()).scalar_subquery(),
        )
    ).one()
    return {"undecided": row[0], "host_keys": row[1]}
