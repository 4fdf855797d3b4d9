"""People: who exists for whom, the list, and what pickers ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, false, func, literal, or_, select, true, union_all
from sqlalchemy.orm import Session

from itsm.accounts.models import Person, RoleGrant, UserAccount
from itsm.infra.db import db
from itsm.kernel.actor import Actor, Role
from itsm.kernel.errors import NotFound
from itsm.kernel.numbers import whole_number
from itsm.kernel.policy import is_staff
from itsm.kernel.text import one_line
from itsm.org.models import Department, Location, LocationKind
from itsm.web.listing import Key, Page, fetch

ORDER = (Key(Person.name, "name"), Key(Person.id, "id"))
MOST = 20


@dataclass(frozen=True, slots=True)
class Wish:
    """What the list of people is narrowed to. Values that nothing can have are dropped."""

    q: str = ""
    department: int | None = None
    site: int | None = None
    role: str = ""
    access: str = ""
    gone: bool = False

    @classmethod
    def of(cls, args: Mapping[str, str]) -> Wish:
        """Return the wish that an address tells."""
        role = args.get("role", "")
        access = args.get("access", "")
        return cls(
            q=one_line(args.get("q", ""), 80),
            department=whole_number(args.get("department")),
            site=whole_number(args.get("site")),
            role=role if role in set(Role) else "",
            access=access if access in ("yes", "no", "disabled") else "",
            gone=args.get("gone") == "1",
        )

    def values(self) -> dict[str, Any]:
        """Return the wish as the values of an address."""
        told = {"q": self.q, "department": self.department, "site": self.site, "role": self.role}
        told |= {"access": self.access, "gone": "1" if self.gone else ""}
        return {name: value for name, value in told.items() if value}


def is_visible(actor: Actor) -> ColumnElement[bool]:
    """Return the condition under which a person exists for the actor: staff see their organizations, all themselves."""
    mine: ColumnElement[bool] = Person.id == actor.person_id if actor.person_id is not None else false()
    if not is_staff(actor, None):
        return mine
    return true() if actor.all_organizations else or_(mine, Person.organization_id.in_(actor.organization_ids))


def visible_people(actor: Actor) -> Select[Any]:
    """Return a select of the people who exist for the actor."""
    return select(Person).where(is_visible(actor))


def get_person(actor: Actor, person_id: int, *, session: Session | None = None, lock: bool = False) -> Person:
    """Return a person. Raises NotFound where the actor may not know of him."""
    wanted = visible_people(actor).where(Person.id == person_id)
    if lock:
        wanted = wanted.with_for_update(of=Person).execution_options(populate_existing=True)
    found: Person | None = (session or db.session()).scalars(wanted).one_or_none()
    if found is None:
        raise NotFound()
    return found


def conditions(wish: Wish) -> list[ColumnElement[bool]]:
    """Return what a wish means, over Person and UserAccount (outer joined)."""
    told: list[ColumnElement[bool]] = [Person.left_on.is_not(None) if wish.gone else Person.left_on.is_(None)]
    if wish.q:
        told.append(named(wish.q))
    if wish.department is not None:
        told.append(Person.department_id.in_(_below(Department, wish.department)))
    if wish.site is not None:
        told.append(Person.location_id.in_(_below(Location, wish.site)))
    if wish.role:
        told.append(exists().where(RoleGrant.user_id == UserAccount.id, RoleGrant.role == Role(wish.role)))
    if wish.access == "no":
        told.append(UserAccount.id.is_(None))
    elif wish.access:
        told.append(UserAccount.disabled_at.is_(None) if wish.access == "yes" else UserAccount.disabled_at.is_not(None))
        told.append(UserAccount.id.is_not(None))
    return told


def named(q: str) -> ColumnElement[bool]:
    """Return "name, mail address or employee number holds this text"."""
    plain = q.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")[:80]
    inside = f"%{plain}%"
    return or_(
        func.lower(Person.name).like(inside, escape="\\"),
        Person.email.like(inside, escape="\\"),
        func.lower(Person.employee_number) == q.lower(),
    )


def _below(tree: Any, top: int) -> Select[Any]:
    """Return the ids of a node of a tree of paths and of all that hang below it."""
    path = select(tree.path).where(tree.id == top).scalar_subquery()
    owner = select(tree.organization_id).where(tree.id == top).scalar_subquery()
    # not LIKE: a path may hold wildcards
    inside = func.substr(tree.path, 1, func.length(path) + 3) == path + literal(" / ")
    return select(tree.id).where(tree.organization_id == owner, or_(tree.id == top, inside))


def list_people(
    session: Session, actor: Actor, wish: Wish, *, after: str | None = None, before: str | None = None
) -> Page[Any]:
    """Return one page of people, by name, as rows of columns; one statement."""
    return fetch(session, rows(actor, wish), ORDER, after=after, before=before)


def rows(actor: Actor, wish: Wish) -> Select[Any]:
    """Return the columns of the list and of the export."""
    return (
        select(Person.id, Person.name, Person.email, Person.phone, Person.job_title, Person.employee_number)
        .add_columns(Person.undeliverable, Department.path.label("department"), Location.path.label("location"))
        .add_columns(UserAccount.id.label("user_id"), UserAccount.disabled_at)
        .outerjoin(UserAccount, UserAccount.person_id == Person.id)
        .outerjoin(Department, Department.id == Person.department_id)
        .outerjoin(Location, Location.id == Person.location_id)
        .where(is_visible(actor), *conditions(wish))
    )


def roles_of(session: Session, user_ids: list[int]) -> dict[int, list[Role]]:
    """Return the roles of accounts, each once, in one statement."""
    if not user_ids:
        return {}
    wanted = select(RoleGrant.user_id, RoleGrant.role).where(RoleGrant.user_id.in_(user_ids)).distinct()
    found: dict[int, list[Role]] = {}
    for user_id, role in session.execute(wanted.order_by(RoleGrant.user_id, RoleGrant.role)):
        found.setdefault(user_id, []).append(role)
    return found


def choices(session: Session, actor: Actor) -> dict[str, list[tuple[int, str]]]:
    """Return the departments and sites to filter by, in one statement: at most 300 of each."""

    def of(kind: str, tree: Any, *where: Any) -> Any:
        wanted = select(literal(kind).label("kind"), tree.id.label("id"), tree.path.label("path")).where(*where)
        if not actor.all_organizations:
            wanted = wanted.where(tree.organization_id.in_(actor.organization_ids))
        return select(wanted.order_by(tree.path).limit(300).subquery())

    found: dict[str, list[tuple[int, str]]] = {"department": [], "site": []}
    sites = of("site", Location, Location.kind.in_([LocationKind.SITE, LocationKind.BUILDING]))
    for kind, id_, path in session.execute(union_all(of("department", Department), sites)):
        found[kind].append((id_, path))
    return {kind: sorted(known, key=lambda row: row[1].casefold()) for kind, known in found.items()}


def people_named(session: Session, actor: Actor, q: str, *, most: int = MOST) -> list[Any]:
    """Return people who still work here and match what was typed, for pickers: (id, name, email, job_title)."""
    wanted = select(Person.id, Person.name, Person.email, Person.job_title)
    wanted = wanted.where(is_visible(actor), Person.left_on.is_(None))
    if q:
        wanted = wanted.where(named(q))
    return list(session.execute(wanted.order_by(Person.name, Person.id).limit(most)))
