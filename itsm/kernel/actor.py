"""Who acts: a frozen value that every service, query and policy takes as its first argument."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Role(StrEnum):
    """What a person is to the company. A person may have several roles."""

    EMPLOYEE = "employee"
    TECHNICIAN = "technician"
    ASSET_MANAGER = "asset_manager"
    BUYER = "buyer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Door(StrEnum):
    """The way an action came in."""

    WEB = "web"
    API = "api"
    MAIL = "mail"
    JOB = "job"
    PROBE = "probe"
    CLI = "cli"


def new_request_id() -> str:
    """Return a new request id: 128 random bits in hexadecimal. One action has one request id."""
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Actor:
    """The one who acts, as a value: identity, rights and the request it happens in.

    ``person_id`` is the person behind the sign-in (tickets and assets refer to persons); ``user_id`` the user account.
    Both are None for the house itself and for the anonymous visitor. ``all_organizations`` lets a person who has a
    role for the whole
    installation see every organization; otherwise only those in ``organization_ids`` exist for him.
    """

    user_id: int | None = None
    person_id: int | None = None
    name: str = ""
    roles: frozenset[Role] = frozenset()
    group_ids: frozenset[int] = frozenset()
    organization_ids: frozenset[int] = frozenset()
    all_organizations: bool = False
    door: Door = Door.WEB
    address: str | None = None
    request_id: str = field(default_factory=new_request_id)
    is_house: bool = False

    @classmethod
    def house(cls, door: Door = Door.JOB, name: str = "itsm") -> Actor:
        """Return the actor for what the system does by itself (jobs, sweeps, migrations)."""
        return cls(name=name, door=door, is_house=True, all_organizations=True)

    @classmethod
    def anonymous(cls, *, address: str | None = None) -> Actor:
        """Return the actor for a visitor who has not signed in."""
        return cls(name="anonymous", address=address)

    @property
    def is_signed_in(self) -> bool:
        """Say whether a user account stands behind this actor."""
        return self.user_id is not None

    def has(self, *roles: Role) -> bool:
        """Say whether the actor has at least one of the roles; the house has them all."""
        return self.is_house or not self.roles.isdisjoint(roles)

    def again(self) -> Actor:
        """Return the same actor for a new action, with a new request id."""
        return replace(self, request_id=new_request_id())
