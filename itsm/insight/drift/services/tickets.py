"""From confirmed drift to tickets: one an asset and rule, one for all where a rule fires for many, none twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from itsm.accounts.models import Group, Person
from itsm.assets.models import Asset
from itsm.assets.queries import one_thing
from itsm.infra.unit import current_unit
from itsm.insight.drift import wording
from itsm.insight.drift.enums import DriftState, RuleKey
from itsm.insight.drift.models import Drift, DriftCase, DriftHouse, DriftRule
from itsm.insight.drift.queries.scope import Subject
from itsm.insight.drift.rules.steps import goes_collective
from itsm.kernel.actor import Actor
from itsm.kernel.errors import RuleBroken
from itsm.kernel.text import one_line
from itsm.org.models import Organization
from itsm.tickets.enums import UNSOLVED, EntryKind, Fact, LinkKind, StateCategory
from itsm.tickets.models import Entry, Ticket, TicketCategory
from itsm.tickets.services import keeping, lifecycle
from itsm.tickets.services.filing import NewTicket, file
from itsm.tickets.services.linking import link
from itsm.web.texts import _, ngettext

HOUSE_NAME: Final = "Discovery"
MOST_ON_TICKET: Final = 20
"""Assets that are put on a collective ticket; all of them stand in its text and on its card."""
MOST_LISTED: Final = 200
_JOINED_FOR = timedelta(hours=24)
"""How long later findings join a collective ticket."""


@dataclass(frozen=True, slots=True)
class News:
    """What was confirmed of one asset."""

    subject: Subject
    rows: Sequence[Drift]


def ticket_of(ticket_id: int) -> Ticket:
    """Return a ticket for a change, locked; of a merged one, the ticket it was merged into."""
    session, seen = current_unit().session, 0
    while True:
        wanted = select(Ticket).where(Ticket.id == ticket_id).with_for_update(of=Ticket)
        wanted = wanted.options(selectinload(Ticket.participants)).execution_options(populate_existing=True)
        ticket = session.scalars(wanted).one()
        seen += 1
        if ticket.merged_into_id is None or seen > 10:
            return ticket
        ticket_id = ticket.merged_into_id


def follow_up(
    actor: Actor,
    rule: DriftRule,
    news: Iterable[News],
    organization_id: int,
    *,
    now: datetime,
    means: Mapping[int, int],
) -> int:
    """Put confirmed drift on tickets: on the open one of its asset and rule, else on a new one. Returns how many
    tickets were opened or reopened.

    ``means``: merged records, each with what stands for it; the case of one goes on as the other's.
    """
    fresh: list[News] = []
    session = current_unit().session
    waiting = {one.subject.id: one for one in news}
    open_cases = select(DriftCase).where(DriftCase.rule_id == rule.id, DriftCase.ended_at.is_(None))
    cases: dict[int, DriftCase] = {}
    for known in session.scalars(open_cases.order_by(DriftCase.id)):
        root = means.get(known.asset_id, known.asset_id)
        if root in waiting and (root not in cases or known.asset_id == root):
            cases[root] = known
    for asset_id, one in waiting.items():
        case = cases.get(asset_id)
        if case is None:
            fresh.append(one)
            continue
        ticket = ticket_of(case.ticket_id)
        case.ticket_id = ticket.id
        _take(one.rows, case)
        tell(actor, ticket, rule, one.subject, "found", one.rows, now=now)
    lately = select(func.count(func.distinct(DriftCase.ticket_id))).where(
        DriftCase.rule_id == rule.id,
        DriftCase.organization_id == organization_id,
        DriftCase.opened_at > now - timedelta(hours=1),
    )
    if fresh and goes_collective(len(fresh), session.scalar(lately) or 0, rule.cap_per_hour):
        return _collective(actor, rule, fresh, organization_id, now)
    return sum(_one(actor, rule, one, organization_id, now) for one in fresh)


def _one(actor: Actor, rule: DriftRule, one: News, organization_id: int, now: datetime) -> int:
    """Open the ticket of one asset, or take up the one that ended lately."""
    before = _previous(rule, one.subject.id)
    if before is not None and before.ended_at is not None and before.ended_at > now - timedelta(days=rule.quiet_days):
        ticket = ticket_of(before.ticket_id)
        if ticket.category is StateCategory.RESOLVED and _go(actor, ticket, StateCategory.OPEN, now):
            _open(rule, one, ticket, organization_id, now)
            tell(actor, ticket, rule, one.subject, "back", one.rows, now=now)
            return 1
    title = f"{wording.rule_name(rule.key)}: {one.subject.tag} {one.subject.name}"
    ticket = _file(actor, rule, title, _body(rule, [one]), [one], organization_id, now)
    _open(rule, one, ticket, organization_id, now)
    if before is not None:
        link(actor, ticket, ticket_of(before.ticket_id), LinkKind.RELATES_TO, now=now)
    return 1


def _collective(actor: Actor, rule: DriftRule, fresh: list[News], organization_id: int, now: datetime) -> int:
    session = current_unit().session
    newest = (
        select(DriftCase.ticket_id)
        .join(Ticket, Ticket.id == DriftCase.ticket_id)
        .where(
            DriftCase.rule_id == rule.id,
            DriftCase.organization_id == organization_id,
            DriftCase.collective,
            DriftCase.opened_at > now - _JOINED_FOR,
            Ticket.category.in_(UNSOLVED),
        )
        .order_by(DriftCase.id.desc())
        .limit(1)
    )
    known = session.scalar(newest)
    if known is None:
        number = len(fresh)
        title = f"{wording.rule_name(rule.key)}: " + ngettext("%(num)s device", "%(num)s devices", number)
        ticket = _file(actor, rule, title, _body(rule, fresh), fresh, organization_id, now)
    else:
        ticket = ticket_of(known)
        for one in fresh[:MOST_LISTED]:
            tell(actor, ticket, rule, one.subject, "found", one.rows, now=now)
    cases = [_case(rule, one, ticket, organization_id, now, collective=True) for one in fresh]
    session.add_all(cases)
    session.flush()
    for one, case in zip(fresh, cases, strict=True):
        _take(one.rows, case)
    return int(known is None)


def _previous(rule: DriftRule, asset_id: int) -> DriftCase | None:
    wanted = select(DriftCase).where(DriftCase.rule_id == rule.id, DriftCase.asset_id.in_(one_thing(asset_id)))
    return current_unit().session.scalars(wanted.order_by(DriftCase.id.desc()).limit(1)).one_or_none()


def _case(
    rule: DriftRule, one: News, ticket: Ticket, organization_id: int, now: datetime, *, collective: bool = False
) -> DriftCase:
    return DriftCase(
        organization_id=organization_id,
        rule_id=rule.id,
        asset_id=one.subject.id,
        ticket_id=ticket.id,
        collective=collective,
        opened_at=now,
    )


def _open(rule: DriftRule, one: News, ticket: Ticket, organization_id: int, now: datetime) -> None:
    case = _case(rule, one, ticket, organization_id, now)
    session = current_unit().session
    session.add(case)
    session.flush()
    _take(one.rows, case)


def _take(rows: Sequence[Drift], case: DriftCase) -> None:
    for row in rows:
        row.case_id, row.state = case.id, DriftState.TICKETED


def _file(
    actor: Actor, rule: DriftRule, title: str, body: str, news: Sequence[News], organization_id: int, now: datetime
) -> Ticket:
    session = current_unit().session
    first = news[0].subject
    asks = house_person(organization_id)
    place = session.scalar(select(Asset.location_id).where(Asset.id == first.id)) if len(news) == 1 else None
    command = NewTicket(
        title=one_line(title, 200),
        body=body,
        requester_id=asks,
        affected_id=_custodian(first.custodian_id) if rule.tells_custodian and len(news) == 1 else None,
        impact=rule.impact,
        urgency=rule.urgency,
        topic_id=_topic(rule.topic_id),
        group_id=_group(rule.group_id, organization_id),
        location_id=place,
        asset_ids=tuple(one.subject.id for one in news[:MOST_ON_TICKET]),
    )
    return file(replace(actor, person_id=asks), command, now=now)


def house_person(organization_id: int) -> int:
    """Return the person in whose name the house asks for help in an organization; made on first need."""
    session = current_unit().session
    session.execute(select(Organization.id).where(Organization.id == organization_id).with_for_update())
    known = session.get(DriftHouse, organization_id)
    if known is not None:
        return known.person_id
    person = Person(organization_id=organization_id, name=HOUSE_NAME)
    session.add(person)
    session.flush()
    session.add(DriftHouse(organization_id=organization_id, person_id=person.id))
    return person.id


def _custodian(person_id: int | None) -> int | None:
    if person_id is None:
        return None
    here = select(Person.id).where(Person.id == person_id, Person.left_on.is_(None))
    return current_unit().session.scalar(here)


def _group(group_id: int | None, organization_id: int) -> int | None:
    """Return the rule's group where it belongs to this organization."""
    if group_id is None:
        return None
    mine = select(Group.id).where(Group.id == group_id, Group.organization_id == organization_id)
    return current_unit().session.scalar(mine)


def _topic(topic_id: int | None) -> int | None:
    if topic_id is None:
        return None
    mine = select(TicketCategory.id).where(TicketCategory.id == topic_id, TicketCategory.retired.is_(False))
    return current_unit().session.scalar(mine)


def _body(rule: DriftRule, news: Sequence[News]) -> str:
    """Return the first words. What devices say stands as code: it is text of strangers."""
    lines: list[str] = []
    for one in news[:MOST_LISTED]:
        head = f"{_code(one.subject.tag)} {_code(one.subject.name)}"
        if len(news) == 1:
            lines += [head, "", *(f"- {_line(rule.key, row)}" for row in one.rows[:MOST_LISTED])]
        else:
            lines.append(f"- {head}: " + "; ".join(_line(rule.key, row) for row in one.rows[:5]))
    if len(news) > MOST_LISTED:
        lines.append("- …")
    lines += ["", _("Discovery opened this ticket. It is resolved by itself when all of this is gone again.")]
    return "\n".join(lines)


def _line(key: str, row: Drift) -> str:
    what = _code(wording.subject_words(key, row.subject))
    change = " → ".join(_code(text) for text in (row.before, row.after) if text)
    return f"{what}: {change}" if change else what


def _code(text: str) -> str:
    plain = one_line(text, 200).replace("`", "'")
    return f"`{plain}`" if plain else "–"


def tell(
    actor: Actor, ticket: Ticket, rule: DriftRule, subject: Subject, event: str, rows: Sequence[Drift], *, now: datetime
) -> None:
    """Add to a ticket what was seen."""
    told = [
        [wording.subject_words(rule.key, row.subject)[:100], row.before[:100], row.after[:100]] for row in rows[:10]
    ]
    with keeping.changing(ticket, now=now):
        keeping.add_fact(
            actor,
            ticket,
            Fact.DRIFT,
            now=now,
            event=event,
            rule=RuleKey(rule.key).value,
            asset=subject.name,
            tag=subject.tag,
            what=wording.rule_name(rule.key),
            rows=told,
        )


def end_case(
    actor: Actor,
    rule: DriftRule,
    case: DriftCase,
    subject: Subject,
    rows: Sequence[Drift],
    *,
    now: datetime,
    event: str = "cleared",
) -> bool:
    """End a case whose drift is all gone or accepted, and resolve its ticket unless a person has it in hand.

    Returns whether the ticket was resolved.
    """
    case.ended_at = now
    session = current_unit().session
    session.flush()
    ticket = ticket_of(case.ticket_id)
    if ticket.category not in UNSOLVED:
        tell(actor, ticket, rule, subject, event, rows, now=now)
        return False
    others = select(func.count(DriftCase.id)).where(DriftCase.ticket_id == ticket.id, DriftCase.ended_at.is_(None))
    in_hand = is_in_hand(ticket)
    tell(actor, ticket, rule, subject, "cleared_left" if in_hand and event == "cleared" else event, rows, now=now)
    if in_hand or session.scalar(others):
        return False
    return _go(actor, ticket, StateCategory.RESOLVED, now)


def is_in_hand(ticket: Ticket) -> bool:
    """Say whether a person works on a ticket: somebody took it, paused it, or wrote something on it."""
    if ticket.assignee_id is not None or ticket.category is StateCategory.PAUSED:
        return True
    written = select(func.count(Entry.id)).where(
        Entry.ticket_id == ticket.id,
        Entry.kind.in_((EntryKind.REPLY, EntryKind.NOTE)),
        Entry.author_id.is_not(None),
        Entry.author_id != ticket.requester_id,
    )
    return bool(current_unit().session.scalar(written))


def insist(
    actor: Actor, rule: DriftRule, case: DriftCase, subject: Subject, rows: Sequence[Drift], now: datetime
) -> bool:
    """Reopen a ticket that somebody resolved although nothing changed: once. Returns whether it was reopened."""
    ticket = ticket_of(case.ticket_id)
    case.insisted = True
    if ticket.category is not StateCategory.RESOLVED or not _go(actor, ticket, StateCategory.OPEN, now):
        return False
    tell(actor, ticket, rule, subject, "still", rows, now=now)
    return True


def _go(actor: Actor, ticket: Ticket, category: StateCategory, now: datetime) -> bool:
    """Resolve or reopen a ticket; say whether the workflow has a way."""
    verb = lifecycle.resolve if category is StateCategory.RESOLVED else lifecycle.reopen
    try:
        verb(actor, ticket, now=now)
    except RuleBroken:
        return False
    return True
