"""Permissions as one readable table a slice: permission -> rows of predicates.

A row allows when every predicate in it says yes; any row suffices. What has no row is forbidden.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from itsm.kernel.actor import Actor, Role
from itsm.kernel.errors import Forbidden
from itsm.kernel.text import phrase

Predicate = Callable[[Actor, Any], bool]
Policy = Mapping[StrEnum, Sequence[Sequence[Predicate]]]


def allowed(policy: Policy, actor: Actor, permission: StrEnum, thing: Any = None) -> bool:
    """Say whether the policy lets the actor do this with the thing. The house itself may do all that has a row."""
    rows = policy.get(permission, ())
    if actor.is_house:
        return bool(rows)
    return any(all(says_yes(actor, thing) for says_yes in row) for row in rows)


def rights(policy: Policy, actor: Actor, thing: Any) -> frozenset[StrEnum]:
    """Return all that :func:`allowed` allows with this thing; each predicate is asked once, however many rows it is in."""
    said: dict[Predicate, bool] = {}

    def says_yes(predicate: Predicate) -> bool:
        if predicate not in said:
            said[predicate] = predicate(actor, thing)
        return said[predicate]

    if actor.is_house:
        return frozenset(permission for permission, rows in policy.items() if rows)
    return frozenset(permission for permission, rows in policy.items() if any(all(map(says_yes, row)) for row in rows))


def require(policy: Policy, actor: Actor, permission: StrEnum, thing: Any = None, *, because: str = "") -> None:
    """Raise Forbidden, with a sentence, unless the policy allows it."""
    if not allowed(policy, actor, permission, thing):
        raise Forbidden(because or phrase("Your role does not include this right (%(right)s).", right=permission.value))


def is_role(*roles: Role) -> Predicate:
    """Return the predicate "has one of these roles"."""

    def has_role(actor: Actor, _thing: Any) -> bool:
        return actor.has(*roles)

    has_role.__name__ = "is_" + "_or_".join(role.value for role in roles)
    return has_role


def is_signed_in(actor: Actor, _thing: Any) -> bool:
    """Anybody with a user account."""
    return actor.is_signed_in


is_employee = is_role(*Role)
is_technician = is_role(Role.TECHNICIAN, Role.ADMINISTRATOR)
is_asset_manager = is_role(Role.ASSET_MANAGER, Role.ADMINISTRATOR)
is_buyer = is_role(Role.BUYER, Role.ADMINISTRATOR)
is_auditor = is_role(Role.AUDITOR)
is_administrator = is_role(Role.ADMINISTRATOR)
is_staff = is_role(Role.TECHNICIAN, Role.ASSET_MANAGER, Role.BUYER, Role.AUDITOR, Role.ADMINISTRATOR)
