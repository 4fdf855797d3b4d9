"""The demonstration company: its people, things and conversations, made through the same services that people use."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from itsm.accounts.models import Group, GroupMember, Person, RoleGrant, UserAccount
from itsm.accounts.services import passwords
from itsm.assets.enums import AssetKind, AssetStatus
from itsm.assets.models import Asset
from itsm.assets.services.registration import NewAsset, register_asset
from itsm.demo import stories
from itsm.demo.words import WORDS
from itsm.infra.unit import Unit
from itsm.kernel.actor import Actor, Door, Role, new_request_id
from itsm.org.models import CostCentre, Department, Location, LocationKind, Organization

NAME = "Larkspur Trading"
DOMAIN = "larkspur.example"


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in of the demonstration, as it is printed once."""

    who: str
    login: str
    password: str


@dataclass(frozen=True, slots=True)
class _Someone:
    name: str
    title: str
    department: str
    place: str
    roles: tuple[Role, ...] = ()
    signs_in: bool = False
    groups: tuple[str, ...] = ()


PEOPLE = (
    _Someone("Ines Halloran", "Head of IT", "IT", "Comms room", (Role.ADMINISTRATOR,), True),
    _Someone("Tomas Berg", "Service technician", "IT", "Comms room", (Role.TECHNICIAN,), True, ("Service desk",)),
    _Someone(
        "Priya Nair", "Network technician", "IT", "Comms room", (Role.TECHNICIAN,), True, ("Service desk", "Network")
    ),
    _Someone("Joost de Wit", "Asset manager", "IT", "Comms room", (Role.ASSET_MANAGER,), True),
    _Someone("Margot Adeyemi", "Buyer", "Finance", "First floor", (Role.BUYER,), True),
    _Someone("Henrik Lund", "Internal auditor", "Finance", "First floor", (Role.AUDITOR,), True),
    _Someone("Amelie Laurent", "Sales lead", "Sales", "First floor", (), True),
    _Someone("Bashir Rahimi", "Account manager", "Sales", "First floor", (), True),
    _Someone("Carys Morgan", "Controller", "Finance", "First floor"),
    _Someone("Dmitri Volkov", "Warehouse lead", "Logistics", "Ground floor"),
    _Someone("Elin Sandberg", "Dispatcher", "Logistics", "Ground floor"),
    _Someone("Farid Haddad", "Field sales", "Sales", "First floor"),
    _Someone("Gwen Okoro", "Designer", "Marketing", "Ground floor"),
)

THINGS: tuple[tuple[str, AssetKind, str, str, str, str | None, str], ...] = (
    ("lt-amelie", AssetKind.LAPTOP, "Lenovo", "ThinkPad T14 Gen 4", "PF4KX1ML", "Amelie Laurent", "1649.00"),
    ("lt-bashir", AssetKind.LAPTOP, "Dell", "Latitude 5440", "8ZQ1NX3", "Bashir Rahimi", "1390.00"),
    ("lt-carys", AssetKind.LAPTOP, "Lenovo", "ThinkPad T14 Gen 4", "PF4KX20B", "Carys Morgan", "1649.00"),
    ("lt-dmitri", AssetKind.LAPTOP, "HP", "EliteBook 840 G10", "5CG3370RJ4", "Dmitri Volkov", "1520.00"),
    ("lt-elin", AssetKind.LAPTOP, "Dell", "Latitude 5440", "9ZQ1NX3", "Elin Sandberg", "1390.00"),
    ("lt-farid", AssetKind.LAPTOP, "HP", "EliteBook 840 G10", "5CG3370RKM", "Farid Haddad", "1520.00"),
    ("ws-design", AssetKind.WORKSTATION, "Dell", "OptiPlex 7010", "CX7P8Y3", "Gwen Okoro", "1180.00"),
    ("Amelie's phone", AssetKind.PHONE, "Apple", "iPhone 15", "F4GX7K2MQ1", "Amelie Laurent", "799.00"),
    ("Amelie's monitor", AssetKind.MONITOR, "Dell", "U2723QE", "CN0V7K2M", "Amelie Laurent", "489.00"),
    ("Farid's phone", AssetKind.PHONE, "Samsung", "Galaxy A55", "R5CX90AB12L", "Farid Haddad", "379.00"),
    (
        "Mobile line Farid",
        AssetKind.MOBILE_SUBSCRIPTION,
        "Northtel",
        "Business M",
        "8944110068842",
        "Farid Haddad",
        "0",
    ),
    ("Spare laptop", AssetKind.LAPTOP, "Lenovo", "ThinkPad T14 Gen 3", "PF3ZZ9QK", None, "1280.00"),
    ("Old core switch", AssetKind.SWITCH, "Cisco", "WS-C3750G-24TS", "FDO1145Z2QK", None, "2100.00"),
)


def found(unit: Unit) -> list[SignIn]:
    """Found the company in the open transaction; return the sign-ins with their passwords, which are stored nowhere
    else.

    Does nothing, and returns none, where an organization exists already.
    """
    session = unit.session
    if session.scalar(select(Organization.id).limit(1)) is not None:
        return []
    company = Organization(name=NAME)
    session.add(company)
    session.flush()
    places = _places(session, company.id)
    departments = _departments(session, company.id)
    groups = _groups(session, company.id)
    persons, sign_ins = _people(session, company.id, places, departments, groups, unit.now)
    manager = acting(unit, persons["Joost de Wit"])
    things = _things(manager, company.id, persons, places, departments, unit.now)
    stories.tell(unit, persons, things, groups)
    return sign_ins


def _places(session: Any, company_id: int) -> dict[str, Location]:
    tree = (
        ("Harrow Street", LocationKind.SITE, None),
        ("Ground floor", LocationKind.FLOOR, "Harrow Street"),
        ("First floor", LocationKind.FLOOR, "Harrow Street"),
        ("Comms room", LocationKind.ROOM, "Harrow Street"),
        ("Stockroom", LocationKind.STOCKROOM, "Harrow Street"),
        ("Dock Road depot", LocationKind.SITE, None),
    )
    made: dict[str, Location] = {}
    for name, kind, parent in tree:
        above = made.get(parent or "")
        path = f"{above.path} / {name}" if above else name
        made[name] = Location(
            organization_id=company_id, name=name, kind=kind, path=path, parent_id=above.id if above else None
        )
        session.add(made[name])
        session.flush()
    return made


def _departments(session: Any, company_id: int) -> dict[str, Department]:
    names = sorted({someone.department for someone in PEOPLE})
    made = {name: Department(organization_id=company_id, name=name, path=name) for name in names}
    session.add_all(made.values())
    session.add(CostCentre(organization_id=company_id, code="4100", name="IT equipment"))
    session.flush()
    return made


def _groups(session: Any, company_id: int) -> dict[str, Group]:
    made = {name: Group(organization_id=company_id, name=name) for name in ("Service desk", "Network")}
    session.add_all(made.values())
    session.flush()
    return made


def _people(
    session: Any,
    company_id: int,
    places: dict[str, Location],
    departments: dict[str, Department],
    groups: dict[str, Group],
    now: datetime,
) -> tuple[dict[str, Person], list[SignIn]]:
    made: dict[str, Person] = {}
    sign_ins: list[SignIn] = []
    for someone in PEOPLE:
        email = f"{someone.name.split()[0].lower()}@{DOMAIN}"
        person = Person(
            organization_id=company_id,
            name=someone.name,
            email=email,
            job_title=someone.title,
            department_id=departments[someone.department].id,
            location_id=places[someone.place].id,
            time_zone="Europe/London",
        )
        session.add(person)
        session.flush()
        made[someone.name] = person
        for name in someone.groups:
            session.add(GroupMember(group_id=groups[name].id, person_id=person.id))
        if someone.signs_in:
            sign_ins.append(_account(session, person, someone, now))
    return made, sign_ins


def _account(session: Any, person: Person, someone: _Someone, now: datetime) -> SignIn:
    password = " ".join(secrets.choice(WORDS) for _ in range(4))
    login = person.email or ""
    user = UserAccount(person_id=person.id, login=login, password_hash=passwords.hashed(password), password_set_at=now)
    session.add(user)
    session.flush()
    for role in someone.roles:
        session.add(RoleGrant(user_id=user.id, role=role))
    what = someone.roles[0].value.replace("_", " ") if someone.roles else "employee"
    return SignIn(f"{someone.name}, {what}", login, password)


def acting(unit: Unit, person: Person, *, at_door: Door = Door.WEB) -> Actor:
    """Return the actor that a person of the company is, with the roles and groups he has."""
    session = unit.session
    user = session.scalars(select(UserAccount).where(UserAccount.person_id == person.id)).one_or_none()
    roles = (
        frozenset(session.scalars(select(RoleGrant.role).where(RoleGrant.user_id == user.id))) if user else frozenset()
    )
    groups = frozenset(session.scalars(select(GroupMember.group_id).where(GroupMember.person_id == person.id)))
    return replace(
        Actor(request_id=new_request_id()),
        user_id=user.id if user else -person.id,
        person_id=person.id,
        name=person.name,
        roles=roles or frozenset({Role.EMPLOYEE}),
        group_ids=groups,
        organization_ids=frozenset({person.organization_id}),
        all_organizations=bool(roles),
        door=at_door,
    )


def _things(
    manager: Actor,
    company_id: int,
    persons: dict[str, Person],
    places: dict[str, Location],
    departments: dict[str, Department],
    now: datetime,
) -> dict[str, Asset]:
    """Enter what the company bought, as its asset manager knows it; the first sweep recognises these by their serials."""
    made: dict[str, Asset] = {}
    for number, (name, kind, maker, model, serial, holder, price) in enumerate(THINGS):
        bought = date(now.year - 2, 1 + number % 12, 12)
        custodian = persons.get(holder or "")
        retired = name.startswith("Old ")
        facts = {
            "custodian_id": custodian.id if custodian else None,
            "department_id": custodian.department_id if custodian else departments["IT"].id,
            "location_id": custodian.location_id if custodian else places["Stockroom"].id,
            "purchased_on": bought,
            "price_minor": int(float(price) * 100) or None,
            "currency": "GBP" if float(price) else None,
            "warranty_until": bought.replace(year=bought.year + 3),
            "supplier": "Fenwick Office Supplies",
            "order_number": f"PO-{bought.year}-{100 + number}",
        }
        status = AssetStatus.RETIRED if retired else AssetStatus.IN_USE if custodian else AssetStatus.IN_STOCK
        new = NewAsset(
            organization_id=company_id,
            name=name,
            kind=kind,
            maker=maker,
            model=model,
            serial=serial,
            status=status,
            facts=facts,
        )
        made[name] = register_asset(manager, new, now=now - timedelta(days=400))
    return made
