"""People from a table: first a plan that says row by row what would happen, then the whole plan as one action.

People are recognised by employee number within their organization, else by mail address; so the same table again
changes
nothing. Empty cells leave what is known. What cannot be right is refused with its line, and the rest still goes in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from itsm.accounts.forms import PersonRow
from itsm.accounts.models import Person, UserAccount
from itsm.accounts.policies import POLICY, PeoplePermission
from itsm.accounts.queries.people import is_visible
from itsm.infra import csvio
from itsm.infra.unit import current_unit, record
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid
from itsm.kernel.policy import require
from itsm.kernel.text import phrase
from itsm.org.models import CostCentre, Department, Location, Organization

MOST_ROWS = 10_000
MOST_BYTES = 5_000_000
COLUMNS = (
    *("name", "email", "employee_number", "phone", "job_title", "organization"),
    *("department", "location", "cost_centre", "joined_on", "left_on"),
)


class Outcome(StrEnum):
    """What a row would do."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Planned:
    """What one row of the table would do; ``changes`` are before and after by column."""

    line: int
    outcome: Outcome
    name: str
    person_id: int | None = None
    values: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    reason: str = ""


@dataclass(slots=True)
class _Known:
    """What the table is compared with, read once."""

    organizations: dict[str, int]
    home: int
    places: dict[str, dict[tuple[int, str], int]]
    by_email: dict[str, Any]
    by_number: dict[tuple[int, str], Any]
    with_account: set[int]
    seen: set[Any] = field(default_factory=set)


def plan(session: Session, actor: Actor, rows: Iterable[csvio.Row]) -> list[Planned]:
    """Return what every row would do. Raises Invalid for columns nobody knows or a table too long."""
    require(POLICY, actor, PeoplePermission.IMPORT)
    known: _Known | None = None
    planned: list[Planned] = []
    for row in rows:
        if known is None:
            _check_columns(row.cells)
            known = _read(session, actor)
        planned.append(_judge({_column(name): cell.strip() for name, cell in row.cells.items()}, row.number, known))
    if not planned:
        raise Invalid({"file": "The table has no rows below its first line."})
    return planned


def _column(name: str) -> str:
    return "_".join(name.casefold().split())


def _check_columns(cells: dict[str, str]) -> None:
    unknown = [name for name in cells if _column(name) not in COLUMNS]
    if unknown:
        raise Invalid(
            {
                "file": phrase(
                    "Nobody knows the column %(unknown)s. Known are: %(names)s.",
                    unknown=repr(unknown[0][:60]),
                    names=", ".join(COLUMNS),
                )
            }
        )
    if "name" not in {_column(name) for name in cells}:
        raise Invalid({"file": "The table needs a column called name."})


def _read(session: Session, actor: Actor) -> _Known:
    def mine(wanted: Any, owner: Any) -> Any:
        return wanted if actor.all_organizations else wanted.where(owner.in_(actor.organization_ids))

    companies = session.execute(mine(select(Organization.name, Organization.id), Organization.id)).all()
    places: dict[str, dict[tuple[int, str], int]] = {}
    for what, column in (
        ("department", Department.path),
        ("location", Location.path),
        ("cost_centre", CostCentre.code),
    ):
        model: Any = column.class_
        found = session.execute(mine(select(model.organization_id, column, model.id), model.organization_id))
        places[what] = {(owner, said.casefold()): id_ for owner, said, id_ in found}
    people = session.scalars(select(Person).where(is_visible(actor))).all()
    home = session.scalar(select(Person.organization_id).where(Person.id == actor.person_id))
    return _Known(
        organizations={name.casefold(): id_ for name, id_ in companies},
        home=home or min(id_ for _name, id_ in companies),
        places=places,
        by_email={person.email: person for person in people if person.email},
        by_number={(p.organization_id, p.employee_number.casefold()): p for p in people if p.employee_number},
        with_account=set(session.scalars(select(UserAccount.person_id))),
    )


def _judge(cells: dict[str, str], line: int, known: _Known) -> Planned:
    """Return what one row would do."""
    name = cells.get("name", "")[:80]
    try:
        values = _values(cells, known)
        person = _person(values, known)
        _check_twice(values, person, known)
    except Invalid as refusal:
        said = " ".join(
            f"{column}: {' '.join(words)}" if column else " ".join(words) for column, words in refusal.errors.items()
        )
        return Planned(line, Outcome.REFUSED, name, reason=said)
    if person is None:
        return Planned(line, Outcome.NEW, name, values=values, changes={k: (None, v) for k, v in values.items()})
    if "email" in values and values["email"] != person.email and person.id in known.with_account:
        reason = "email: This person signs in with another address. Change it on the person's page."
        return Planned(line, Outcome.REFUSED, name, person.id, reason=reason)
    changes = {key: (getattr(person, key), value) for key, value in values.items() if getattr(person, key) != value}
    outcome = Outcome.CHANGED if changes else Outcome.UNCHANGED
    return Planned(line, outcome, name, person.id, {key: values[key] for key in changes}, changes)


def _values(cells: dict[str, str], known: _Known) -> dict[str, Any]:
    """Return the columns a row sets. Raises Invalid with every mistake of the row."""
    plain = {name: cell for name, cell in cells.items() if cell and name in PersonRow.model_fields}
    errors: dict[str, str] = {}
    values: dict[str, Any] = {}
    try:
        row = PersonRow.model_validate(plain)
        values = {name: getattr(row, name) for name in plain}
    except ValidationError as error:
        errors = {str(fault["loc"][0]): _reason(fault) for fault in error.errors(include_url=False)}
    company = cells.get("organization", "")
    owner = known.organizations.get(company.casefold()) if company else known.home
    if owner is None:
        raise Invalid(
            {**errors, "organization": phrase("There is no organization %(company)s.", company=repr(company[:60]))}
        )
    values["organization_id"] = owner
    for what, where in known.places.items():
        said = cells.get(what, "")
        if said and (owner, said.casefold()) not in where:
            errors[what] = phrase(
                "There is no %(kind)s %(name)s in this organization.",
                kind=what.replace("_", " "),
                name=repr(said[:80]),
            )
        elif said:
            values[f"{what}_id"] = where[owner, said.casefold()]
    first, last = values.get("joined_on"), values.get("left_on")
    if isinstance(first, date) and isinstance(last, date) and last < first:
        errors["left_on"] = "This is before the first day."
    if errors:
        raise Invalid(errors)
    return values


def _reason(fault: Any) -> str:
    known = {
        "missing": "Please fill this in.",
        "string_pattern_mismatch": "This is no mail address.",
        "string_too_long": f"At most {fault.get('ctx', {}).get('max_length')} characters, please.",
        "value_error": str(fault.get("ctx", {}).get("error", "")),
    }
    if fault["type"].startswith("date"):
        return "Please write a date such as 2026-11-23."
    return known.get(fault["type"]) or str(fault["msg"])


def _person(values: dict[str, Any], known: _Known) -> Any:
    """Return whom a row means: by number, else by address; None for somebody new."""
    number, email = values.get("employee_number"), values.get("email")
    if number is None and email is None:
        raise Invalid({"": "Without a mail address or an employee number nobody can be recognised."})
    numbered = known.by_number.get((values["organization_id"], number.casefold())) if number else None
    addressed = known.by_email.get(email) if email else None
    if numbered is not None and addressed is not None and numbered is not addressed:
        raise Invalid(
            {
                "email": phrase(
                    "The number is %(name)s's, the address %(name2)s's.", name=numbered.name, name2=addressed.name
                )
            }
        )
    if numbered is None and addressed is not None and number and addressed.employee_number:
        raise Invalid({"employee_number": phrase("%(name)s has this address and another number.", name=addressed.name)})
    return numbered or addressed


def _check_twice(values: dict[str, Any], person: Any, known: _Known) -> None:
    """Raise Invalid for a row about somebody who stood in the table before."""
    number = values.get("employee_number")
    marks = {("email", values.get("email")), ("number", values["organization_id"], (number or "").casefold())}
    marks = {mark for mark in marks if mark[-1]} | ({("person", person.id)} if person is not None else set())
    if not known.seen.isdisjoint(marks):
        raise Invalid({"": "This person stands in the table twice."})
    known.seen |= marks


def carry_out(actor: Actor, planned: list[Planned], *, digest: str) -> dict[str, int]:
    """Do what the plan says, in the open transaction, and return how many rows did what."""
    require(POLICY, actor, PeoplePermission.IMPORT)
    session = current_unit().session
    for row in planned:
        if row.outcome is Outcome.NEW:
            session.add(Person(**row.values))
        elif row.outcome is Outcome.CHANGED:
            person = session.get_one(Person, row.person_id)
            for name, value in row.values.items():
                setattr(person, name, value)
    session.flush()
    counts = tally(planned)
    record("imported", "person", "table", file=digest, **counts)
    return counts


def tally(planned: list[Planned]) -> dict[str, int]:
    """Return how many rows would do what."""
    return {outcome.value: sum(row.outcome is outcome for row in planned) for outcome in Outcome}
