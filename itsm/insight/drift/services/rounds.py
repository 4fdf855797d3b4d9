"""One rule's turn in a look: what is new is suspected, what lasts is confirmed, what is gone is ended; tickets follow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session

from itsm.assets.models import Asset
from itsm.assets.queries import root_of
from itsm.infra.chunks import chunks
from itsm.infra.upsert import insert_missing
from itsm.insight.drift.enums import CHANGES, DriftState, RuleKey
from itsm.insight.drift.models import Drift, DriftBaseline, DriftCase, DriftRule, ExpectedChange
from itsm.insight.drift.queries import plans
from itsm.insight.drift.queries.conditions import Look, Verdict
from itsm.insight.drift.queries.scope import Subject, subjects
from itsm.insight.drift.rules.applying import applies
from itsm.insight.drift.rules.comparing import ASPECTS, Finding, settle
from itsm.insight.drift.rules.maintenance import Planned, covered
from itsm.insight.drift.rules.steps import is_confirmed, is_over, patience
from itsm.insight.drift.services import tickets
from itsm.kernel.actor import Actor
from itsm.tickets.enums import FINAL, StateCategory
from itsm.tickets.models import Ticket

AT_ONCE: Final = 1000


@dataclass(slots=True)
class Result:
    """What a look came to: found by rule key, confirmed, cleared, and tickets opened."""

    found: dict[str, int] = field(default_factory=dict)
    confirmed: int = 0
    cleared: int = 0
    opened: int = 0


@dataclass(frozen=True, slots=True)
class Plans:
    """What is planned: windows of maintenance, expected changes, and the paths of all places."""

    windows: list[Planned]
    expected: list[ExpectedChange]
    places: Mapping[int, str]


class Round:
    """One rule's turn in a look."""

    def __init__(
        self,
        actor: Actor,
        rule: DriftRule,
        look: Look,
        verdict: Verdict,
        planned: Plans,
        result: Result,
    ) -> None:
        self._actor, self._rule, self._look, self._result, self._now = actor, rule, look, result, look.now
        self._session = look.session
        self._organization = look.scope.organization_id
        self._plans = planned
        self._verdict = verdict
        self._root = look.scope.root
        self._twins: dict[tuple[int, str], list[Drift]] = {}
        """More open rows about the same: of records that became one thing. They go along, and end with it."""
        self._open = self._open_rows()
        self._subjects = self._known_subjects()

    def run(self) -> None:
        """Follow up what was found, and what was found before and is not any more."""
        mine = {
            (one.asset_id, one.subject): one
            for one in self._verdict.findings
            if (subject := self._subjects.get(one.asset_id)) and applies(self._rule, subject, self._plans.places)
        }
        self._result.found[self._rule.key] = len(mine)
        looked_at = self._looked_at()
        found = {key: one for key, one in mine.items() if key[0] in looked_at and not self._was_planned(one)}
        self._count_found(found)
        self._count_gone({key for key in self._open if key not in found and key[0] in looked_at})
        self._confirm()
        self._watch_ended_tickets(found)

    def _was_planned(self, one: Finding) -> bool:
        """Say whether it happened in a time of maintenance, which may be over; then it is how it should be."""
        subject = self._subjects[one.asset_id]
        if one.at is None or not covered(self._plans.windows, one.at, one.asset_id, subject.place):
            return False
        accept_into_baseline(self._session, self._rule, one)
        return True

    def _open_rows(self) -> dict[tuple[int, str], Drift]:
        wanted = select(Drift).where(
            Drift.rule_id == self._rule.id,
            Drift.ended_at.is_(None),
            Drift.organization_id == self._organization,
        )
        rows = self._session.scalars(wanted.execution_options(populate_existing=True))
        found: dict[tuple[int, str], Drift] = {}
        self._twins = {}
        for row in sorted(rows, key=self._weight):
            key = (self._root(row.asset_id), row.subject)
            if found.setdefault(key, row) is not row:
                self._twins.setdefault(key, []).append(row)
        return found

    def _weight(self, row: Drift) -> tuple[bool, bool, bool, int]:
        """Return what decides which of two rows about one thing leads: its ticket, that it stands, its own record."""
        suspected = row.state is DriftState.SUSPECTED
        return row.case_id is None, suspected, row.asset_id != self._root(row.asset_id), row.id

    def _rows_at(self, key: tuple[int, str]) -> list[Drift]:
        return [self._open[key], *self._twins.get(key, ())]

    def _known_subjects(self) -> dict[int, Subject]:
        scope = self._look.scope
        found = {**scope.silent, **scope.seen}
        wanted = {one.asset_id for one in self._verdict.findings} | {asset_id for asset_id, _ in self._open}
        missing = sorted(wanted - found.keys())
        for part in chunks(missing, AT_ONCE):
            found |= subjects(self._session, part)
        return found

    def _looked_at(self) -> set[int]:
        """Return the assets of which this look proves something: nothing is proved while somebody works on one."""
        about: Iterable[int] = self._subjects if self._verdict.about is None else self._verdict.about
        open_now = [one for one in self._plans.windows if plans.is_on(one, self._now)]
        if not open_now:
            return set(about)
        return {
            asset_id
            for asset_id in about
            if (subject := self._subjects.get(asset_id)) is not None
            and not covered(open_now, self._now, asset_id, subject.place)
        }

    def _count_found(self, found: Mapping[tuple[int, str], Finding]) -> None:
        fresh = [one for key, one in found.items() if key not in self._open]
        for key, one in found.items():
            for row in self._rows_at(key) if key in self._open else ():
                row.times_seen, row.times_clear, row.last_seen_at = row.times_seen + 1, 0, self._now
                row.after, row.value = one.after, one.value
                row.sighting_id = one.sighting_id or row.sighting_id
        if not fresh:
            return
        returns = self._returns()
        rows = [self._row(one, returns.get((one.asset_id, one.subject), 0)) for one in fresh]
        for part in chunks(rows, AT_ONCE):
            insert_missing(self._session, Drift, part)
        self._open = self._open_rows()

    def _returns(self) -> dict[tuple[int, str], int]:
        """Return how often each finding came back lately, so that what flaps has to last longer."""
        since = self._now - timedelta(days=self._rule.quiet_days)
        wanted = select(Drift.asset_id, Drift.subject, Drift.returns).where(
            Drift.rule_id == self._rule.id, Drift.state == DriftState.CLEARED, Drift.ended_at > since
        )
        found: dict[tuple[int, str], int] = {}
        for asset_id, subject, returns in self._session.execute(wanted):
            key = (self._root(asset_id), subject)
            found[key] = max(found.get(key, 0), returns + 1)
        return found

    def _row(self, one: Finding, returns: int) -> dict[str, Any]:
        return {
            "organization_id": self._organization,
            "rule_id": self._rule.id,
            "asset_id": one.asset_id,
            "subject": one.subject,
            "state": DriftState.SUSPECTED,
            "before": one.before[:1000],
            "after": one.after[:1000],
            "value": one.value,
            "manner": one.manner,
            "first_sighting_id": one.sighting_id,
            "sighting_id": one.sighting_id,
            "first_seen_at": self._now,
            "last_seen_at": self._now,
            "times_seen": 1,
            "times_clear": 0,
            "returns": returns,
            "why": "",
        }

    def _count_gone(self, keys: set[tuple[int, str]]) -> None:
        """Count what is absent. A suspicion that was never confirmed leaves no trace; what stood is over after enough
        looks, and its ticket follows."""
        over: dict[int, list[Drift]] = defaultdict(list)
        for key in sorted(keys):
            for row in self._rows_at(key):
                row.times_seen, row.times_clear = 0, row.times_clear + 1
                if row.state is DriftState.SUSPECTED:
                    self._session.delete(row)
                elif is_over(row.times_clear, self._rule.confirmations, row.returns):
                    row.state, row.ended_at = DriftState.CLEARED, self._now
                    self._result.cleared += 1
                    over[key[0]].append(row)
                else:
                    continue
                self._drop(key, row)
        self._session.flush()
        self._end_cases(over)

    def _drop(self, key: tuple[int, str], row: Drift) -> None:
        """Take a row that ended from what is open; a twin of it leads then."""
        left = [one for one in self._rows_at(key) if one is not row]
        self._twins.pop(key, None)
        if not left:
            del self._open[key]
            return
        self._open[key] = left[0]
        if left[1:]:
            self._twins[key] = left[1:]

    def _end_cases(self, over: Mapping[int, list[Drift]]) -> None:
        if not over:
            return
        cases = self._cases()
        still = {key[0] for key in self._open if any(row.case_id is not None for row in self._rows_at(key))}
        for asset_id, rows in over.items():
            subject = self._subjects.get(asset_id)
            if subject is None or asset_id in still:
                continue
            for case in cases.get(asset_id, ()):
                mine = [row for row in rows if row.case_id == case.id] or rows
                tickets.end_case(self._actor, self._rule, case, subject, mine, now=self._now)

    def _cases(self) -> dict[int, list[DriftCase]]:
        """Return the open cases by asset: several of one that stands for others."""
        wanted = select(DriftCase).where(DriftCase.rule_id == self._rule.id, DriftCase.ended_at.is_(None))
        found: dict[int, list[DriftCase]] = defaultdict(list)
        for case in self._session.scalars(wanted.order_by(DriftCase.id)):
            found[self._root(case.asset_id)].append(case)
        return found

    def _confirm(self) -> None:
        """Raise what was seen often enough: accepted where it was expected, else listed, and told by a ticket."""
        rule, ready = self._rule, defaultdict[int, list[Drift]](list)
        for (asset_id, _), row in list(self._open.items()):
            if row.state is DriftState.SUSPECTED and is_confirmed(row.times_seen, rule.confirmations, row.returns):
                plan = self._plan_for(asset_id)
                if plan is not None and rule.key in CHANGES:
                    self._accept(row, plan)
                    continue
                row.state = DriftState.CONFIRMED
                self._result.confirmed += 1
            if row.state is DriftState.CONFIRMED and rule.opens_ticket and self._plan_for(asset_id) is None:
                ready[asset_id].append(row)
        news = [tickets.News(self._subjects[i], rows) for i, rows in sorted(ready.items()) if i in self._subjects]
        self._session.flush()
        if news:
            means = self._look.scope.means
            self._result.opened += tickets.follow_up(
                self._actor, rule, news, self._organization, now=self._now, means=means
            )

    def _plan_for(self, asset_id: int) -> ExpectedChange | None:
        mine = (one for one in self._plans.expected if self._root(one.asset_id) == asset_id)
        return next((one for one in mine if one.rule_key in ("", self._rule.key)), None)

    def _accept(self, row: Drift, plan: ExpectedChange) -> None:
        accept_into_baseline(self._session, self._rule, row)
        row.state, row.ended_at, row.why = DriftState.ACCEPTED, self._now, plan.why[:300]
        row.decided_by_id = plan.by_id
        plan.met_at = plan.met_at or self._now
        self._drop((self._root(row.asset_id), row.subject), row)

    def _watch_ended_tickets(self, found: Mapping[tuple[int, str], Finding]) -> None:
        """Where the ticket ended and nothing changed: reopen a resolved one once; after a while, ask anew."""
        standing = [row for key in found if key in self._open for row in self._rows_at(key)]
        holding = {self._root(row.asset_id) for row in standing if row.case_id is not None}
        if not holding:
            return
        wanted = (
            select(DriftCase, Ticket.category, Ticket.closed_at)
            .join(Ticket, Ticket.id == DriftCase.ticket_id)
            .where(
                DriftCase.rule_id == self._rule.id,
                DriftCase.ended_at.is_(None),
                Ticket.category.in_((StateCategory.RESOLVED, *FINAL)),
            )
        )
        for case, category, closed_at in self._session.execute(wanted).all():
            if self._root(case.asset_id) in holding:
                self._ended(case, category, closed_at)

    def _ended(self, case: DriftCase, category: StateCategory, closed_at: datetime | None) -> None:
        rows = [row for key in self._open for row in self._rows_at(key) if row.case_id == case.id]
        if category is StateCategory.RESOLVED:
            case.seen_resolved += 1
            if not case.insisted and case.seen_resolved >= patience(self._rule.confirmations, 0):
                subject = self._subjects[self._root(case.asset_id)]
                self._result.opened += tickets.insist(self._actor, self._rule, case, subject, rows, self._now)
            return
        long_ago = self._now - timedelta(days=self._rule.quiet_days)
        if category is not StateCategory.MERGED and closed_at is not None and closed_at < long_ago:
            case.ended_at = self._now
            for row in rows:
                row.state, row.case_id = DriftState.CONFIRMED, None


def accept_into_baseline(session: Session, rule: DriftRule, row: Drift | Finding) -> None:
    """Make what a drift found the new baseline of its asset, where the rule compares with one."""
    aspect = ASPECTS.get(RuleKey(rule.key))
    if aspect is None or not row.value:
        return
    key, value = row.value["key"], row.value["value"]
    root = root_of(literal(row.asset_id)).scalar_subquery()
    whole = select(Asset.id).where(func.coalesce(Asset.merged_into_id, Asset.id) == root)
    wanted = select(DriftBaseline).where(DriftBaseline.asset_id.in_(whole)).order_by(DriftBaseline.id)
    known = session.scalars(wanted.with_for_update()).all()
    stands = session.scalar(select(root))
    kept = [one for one in sorted(known, key=lambda one: one.asset_id != stands) if one.manner == row.manner]
    for baseline in kept[:1]:
        baseline.facts = settle(baseline.facts, aspect, key, value)
        for other in known if value is None else ():
            # What is gone from a thing is expected under none of its records.
            if other.asset_id != baseline.asset_id and key in other.facts.get(aspect, {}):
                other.facts = settle(other.facts, aspect, key, None)
