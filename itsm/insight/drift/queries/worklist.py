"""What people read of drift: the worklist, one drift with its evidence, an asset's and a ticket's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from itsm.accounts.models import Person
from itsm.assets.models import Asset
from itsm.assets.queries import one_thing
from itsm.insight.drift.enums import OPEN, STANDING, DriftState, RuleKey
from itsm.insight.drift.models import Drift, DriftCase, DriftRule, Reprobe
from itsm.insight.drift.queries.visible import visible_drift
from itsm.kernel.actor import Actor
from itsm.kernel.errors import NotFound
from itsm.kernel.text import one_line
from itsm.tickets.models import Ticket
from itsm.web import listing

CAP: Final = 2000
"""Open drift that is counted; beyond it numbers are told as "2,000+"."""
STATES: Final = ("", "suspected", "confirmed", "ticketed", "ended", "all")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the worklist is narrowed to. No state: what a person should look at."""

    rule: str = ""
    state: str = ""
    q: str = ""

    @classmethod
    def of(cls, args: Mapping[str, str]) -> Wish:
        """Read a wish from an address; what is not known is left out."""
        rule, state = args.get("rule", ""), args.get("state", "")
        known = {key.value for key in RuleKey}
        return cls(rule if rule in known else "", state if state in STATES else "", one_line(args.get("q", ""), 100))

    def values(self) -> dict[str, str]:
        """Return the wish as it stands in an address."""
        return {name: value for name, value in (("rule", self.rule), ("state", self.state), ("q", self.q)) if value}


def _rows(actor: Actor) -> Select[Any]:
    said = aliased(Asset)
    rows: Any = (
        visible_drift(actor)
        .with_only_columns(
            Drift.id,
            Drift.subject,
            Drift.state,
            Drift.before,
            Drift.after,
            Drift.first_seen_at,
            Drift.last_seen_at,
            Drift.times_seen,
            Drift.ended_at,
            Drift.why,
            DriftRule.key.label("rule"),
            Asset.id.label("asset_id"),
            Asset.name,
            Asset.tag,
            Asset.kind,
            Ticket.number.label("ticket"),
            Ticket.category.label("ticket_category"),
        )
        .join(DriftRule, DriftRule.id == Drift.rule_id)
        .join(said, said.id == Drift.asset_id)
        .join(Asset, Asset.id == func.coalesce(said.merged_into_id, said.id))
        .outerjoin(DriftCase, DriftCase.id == Drift.case_id)
        .outerjoin(Ticket, Ticket.id == DriftCase.ticket_id)
    )
    found: Select[Any] = rows
    return found


def page(
    session: Session, actor: Actor, wish: Wish, *, after: str | None = None, before: str | None = None
) -> listing.Page[Any]:
    """Return a page of the worklist, the newest first."""
    wanted = _rows(actor)
    if wish.state == "":
        wanted = wanted.where(Drift.state.in_(STANDING))
    elif wish.state == "ended":
        wanted = wanted.where(Drift.state.not_in(OPEN))
    elif wish.state != "all":
        wanted = wanted.where(Drift.state == DriftState(wish.state))
    if wish.rule:
        wanted = wanted.where(DriftRule.key == wish.rule)
    if wish.q:
        like = f"%{_escaped(wish.q.lower())}%"
        texts = (Asset.name, Asset.tag, Drift.subject)
        wanted = wanted.where(or_(*(func.lower(column).like(like, escape="\\") for column in texts)))
    key = [listing.Key(Drift.id, "id", True)]
    return listing.fetch(session, wanted, key, after=after, before=before, size=50)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def counts(session: Session, actor: Actor) -> dict[tuple[str, str], int]:
    """Return how much stands, by (rule, state), counted up to the cap."""
    some = (
        visible_drift(actor)
        .with_only_columns(DriftRule.key.label("key"), Drift.state.label("state"))
        .join(DriftRule, DriftRule.id == Drift.rule_id)
        .where(Drift.state.in_(OPEN), Drift.ended_at.is_(None))
        .limit(CAP)
        .subquery()
    )
    wanted = select(some.c.key, some.c.state, func.count()).group_by(some.c.key, some.c.state)
    return {(key, str(state)): number for key, state, number in session.execute(wanted)}


@dataclass(frozen=True, slots=True)
class Detail:
    """One drift with all that its page shows."""

    row: Any
    drift: Drift
    decided_by: str | None


def get_drift(session: Session, actor: Actor, drift_id: int) -> Detail:
    """Return a drift. Raises NotFound where it does not exist for the actor."""
    wanted = _rows(actor).add_columns(Drift, Person.name.label("decided_by"))
    wanted = wanted.outerjoin(Person, Person.id == Drift.decided_by_id).where(Drift.id == drift_id)
    found = session.execute(wanted).one_or_none()
    if found is None:
        raise NotFound()
    return Detail(found, found.Drift, found.decided_by)


def of_asset(session: Session, actor: Actor, asset_id: int, most: int = 100) -> list[Any]:
    """Return the drift of an asset: what is open first, then the latest that ended."""
    wanted = _rows(actor).where(Drift.asset_id.in_(one_thing(asset_id)))
    order = (Drift.ended_at.is_not(None), Drift.id.desc())
    return list(session.execute(wanted.order_by(*order).limit(most)))


def of_ticket(session: Session, actor: Actor, ticket_id: int, most: int = 300) -> list[Any]:
    """Return what a ticket tells of."""
    cases = select(DriftCase.id).where(DriftCase.ticket_id == ticket_id)
    wanted = _rows(actor).where(Drift.case_id.in_(cases))
    return list(session.execute(wanted.order_by(Drift.ended_at.is_not(None), Drift.id).limit(most)))


def looks_of(session: Session, ticket_id: int) -> list[Any]:
    """Return the looks again that a ticket asked for, the latest first."""
    said = aliased(Asset)
    wanted = (
        select(Reprobe.outcome, Reprobe.asked_at, Reprobe.done_at, Reprobe.sweep_id, Reprobe.address, Asset.name)
        .join(said, said.id == Reprobe.asset_id)
        .join(Asset, Asset.id == func.coalesce(said.merged_into_id, said.id))
        .where(Reprobe.ticket_id == ticket_id)
        .order_by(Reprobe.id.desc())
        .limit(10)
    )
    return list(session.execute(wanted))
