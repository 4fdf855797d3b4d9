"""The people of a load: employees, technicians with their groups, and where they sit."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from itsm.accounts.models import Group, GroupMember, Person, RoleGrant, UserAccount
from itsm.demo.load.prose import several
from itsm.infra import bulk
from itsm.infra.unit import Unit
from itsm.kernel.actor import Role
from itsm.org.models import Department, Location, LocationKind, Organization

GIVEN = several(
    "Ana|Ben|Carla|Deniz|Eli|Fatima|Goran|Hana|Ivo|Jana|Kemal|Lena|Mario|Nadia|Omar|Petra|Quinn|Rosa|Sami|"
    "Tara|Uwe|Vera|Wim|Xenia|Yara|Zoe|Aoife|Björn|Chloé|Dušan"
)
FAMILY = several(
    "Abel|Brandt|Costa|Dietrich|Esposito|Fischer|Garcia|Horvat|Ivanov|Jansen|Kovac|Lopez|Maric|Novak|Okafor|"
    "Petrov|Rossi|Schmidt|Tanaka|Urban|Vidal|Weber|Young|Zhang|Müller|Núñez|O'Dowd"
)
TEAMS = ("Service desk", "Network", "Workplace", "Servers", "Applications", "Telephony", "Security", "Field service")
SITES = ("Leeds", "Ghent", "Graz", "Porto", "Riga", "Tartu", "Lyon", "Turin")
DEPARTMENTS = ("Finance", "Sales", "Logistics", "Marketing", "IT", "Production", "Research", "People")


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person of the load, as far as assets and tickets need him."""

    id: int
    name: str
    location_id: int
    department_id: int


@dataclass(frozen=True, slots=True)
class Staff:
    """Who there is: employees who ask, technicians who answer, each in one group."""

    organization_id: int
    employees: Sequence[Somebody]
    technicians: Sequence[Somebody]
    groups: Sequence[tuple[int, str]]
    rooms: Sequence[int]

    def group_of(self, technician: int) -> tuple[int, str]:
        """Return the group of the technician at this place of the list."""
        return self.groups[technician % len(self.groups)]


def hire(unit: Unit, chance: random.Random, employees: int, technicians: int) -> Staff:
    """Append people to the first organization (made where there is none), with accounts that have no password."""
    session = unit.session
    organization = session.scalars(select(Organization).order_by(Organization.id)).first()
    if organization is None:
        organization = Organization(name="Benchmark company")
        session.add(organization)
        session.flush()
    groups = [_group(session, organization.id, name) for name in TEAMS]
    departments = [_department(session, organization.id, name) for name in DEPARTMENTS]
    rooms = [_room(session, organization.id, site, number) for site in SITES for number in (101, 102, 201, 202)]
    first, count = bulk.last_id(session, Person) + 1, employees + technicians
    people = [
        Somebody(
            id=first + place,
            name=f"{chance.choice(GIVEN)} {chance.choice(FAMILY)}",
            location_id=chance.choice(rooms),
            department_id=chance.choice(departments),
        )
        for place in range(count)
    ]
    staff = Staff(organization.id, people[technicians:], people[:technicians], groups, rooms)
    _write(unit, staff, people)
    return staff


def _write(unit: Unit, staff: Staff, people: Sequence[Somebody]) -> None:
    session, now = unit.session, unit.now
    bulk.append(
        session,
        Person,
        several(
            "id|organization_id|name|email|undeliverable|department_id|location_id|language|time_zone|theme|custom|"
            "created_at|updated_at|version"
        ),
        (
            (
                *(p.id, staff.organization_id, p.name, f"p{p.id}@load.example", False, p.department_id, p.location_id),
                *("en", "UTC", "auto", {}, now, now, 1),
            )
            for p in people
        ),
    )
    account = bulk.last_id(session, UserAccount) + 1
    bulk.append(
        session,
        UserAccount,
        ("id", "person_id", "login", "created_at", "updated_at", "version"),
        ((account + place, p.id, f"p{p.id}@load.example", now, now, 1) for place, p in enumerate(people)),
    )
    grant = bulk.last_id(session, RoleGrant) + 1
    bulk.append(
        session,
        RoleGrant,
        ("id", "user_id", "role", "created_at", "updated_at"),
        ((grant + n, account + n, Role.TECHNICIAN, now, now) for n in range(len(staff.technicians))),
    )
    member = bulk.last_id(session, GroupMember) + 1
    bulk.append(
        session,
        GroupMember,
        ("id", "group_id", "person_id", "created_at", "updated_at"),
        ((member + n, staff.group_of(n)[0], p.id, now, now) for n, p in enumerate(staff.technicians)),
    )
    bulk.follow_ids(session, Person, UserAccount, RoleGrant, GroupMember)


def _group(session: Session, organization_id: int, name: str) -> tuple[int, str]:
    found = session.scalars(select(Group).filter_by(organization_id=organization_id, name=name)).one_or_none()
    if found is None:
        found = Group(organization_id=organization_id, name=name)
        session.add(found)
        session.flush()
    return found.id, found.name


def _department(session: Session, organization_id: int, name: str) -> int:
    found = session.scalars(select(Department).filter_by(organization_id=organization_id, path=name)).one_or_none()
    if found is None:
        found = Department(organization_id=organization_id, name=name, path=name)
        session.add(found)
        session.flush()
    return found.id


def _room(session: Session, organization_id: int, site: str, number: int) -> int:
    above = _place(session, organization_id, site, LocationKind.SITE, None)
    return _place(session, organization_id, str(number), LocationKind.ROOM, above).id


def _place(session: Session, organization_id: int, name: str, kind: LocationKind, above: Location | None) -> Location:
    path = f"{above.path} / {name}" if above else name
    found = session.scalars(select(Location).filter_by(organization_id=organization_id, path=path)).one_or_none()
    if found is None:
        parent_id = above.id if above else None
        found = Location(organization_id=organization_id, name=name, kind=kind, path=path, parent_id=parent_id)
        session.add(found)
        session.flush()
    return found
