"""Organizations, the trees of places and departments, cost centres: made, changed, removed while nobody needs them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, literal, select
from sqlalchemy.exc import IntegrityError

from itsm.infra.taken import check_free
from itsm.infra.unit import current_unit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Conflict, Invalid, NotFound, RuleBroken
from itsm.kernel.policy import require
from itsm.org.models import CostCentre, Organization
from itsm.org.policies import POLICY, OrgPermission

SEPARATOR = " / "
DEEPEST = 12
Tree = Any  # Location or Department


def save_organization(actor: Actor, organization: Organization | None, *, name: str, version: int | None = None) -> Any:
    """Make or rename an organization. Raises Invalid for a name that is taken, Conflict for a stale version."""
    session = current_unit().session
    if organization is None:
        require(POLICY, actor, OrgPermission.FOUND)
        organization = Organization(name=name)
    else:
        require(POLICY, actor, OrgPermission.EDIT, organization.id)
        _check_version(organization, version)
    known = select(Organization.id).where(func.lower(Organization.name) == name.lower())
    check_free(known, organization, Organization, "name")
    organization.name = name
    session.add(organization)
    session.flush()
    return organization


def save_cost_centre(
    actor: Actor, centre: CostCentre | None, values: Mapping[str, Any], *, version: int | None = None
) -> CostCentre:
    """Make or change a cost centre; it stays in its organization."""
    owner = _home(actor, centre, values["organization_id"])
    if centre is None:
        centre = CostCentre(organization_id=owner)
    else:
        _check_version(centre, version)
    known = select(CostCentre.id).where(CostCentre.organization_id == owner)
    known = known.where(func.lower(CostCentre.code) == values["code"].lower())
    check_free(known, centre, CostCentre, "code")
    centre.code, centre.name = values["code"], values["name"]
    session = current_unit().session
    session.add(centre)
    session.flush()
    return centre


def save_node(actor: Actor, tree: Tree, node: Any, values: Mapping[str, Any], *, version: int | None = None) -> Any:
    """Make, rename or move a place or department, with all that hangs below it; it stays in its organization."""
    owner = _home(actor, node, values["organization_id"])
    parent = _parent(tree, node, owner, values["parent_id"])
    path = f"{parent.path}{SEPARATOR}{values['name']}" if parent is not None else values["name"]
    if len(path) > 500 or path.count(SEPARATOR) >= DEEPEST:
        raise Invalid({"parent_id": "The tree gets too deep here."})
    session = current_unit().session
    known = select(tree.id).where(tree.organization_id == owner, tree.path == path)
    check_free(known, node, tree, "name")
    if node is None:
        node = tree(organization_id=owner)
    else:
        _check_version(node, version)
        _move(tree, node, path)
    node.path = path
    for name, value in values.items():
        if name != "organization_id":
            setattr(node, name, value)
    session.add(node)
    session.flush()
    return node


def _home(actor: Actor, row: Any, chosen: int) -> int:
    """Return the organization that a row is in, or the one chosen for a new one. Raises Invalid for one that is none."""
    owner: int = chosen if row is None else row.organization_id
    require(POLICY, actor, OrgPermission.EDIT, owner)
    if row is None and current_unit().session.get(Organization, owner) is None:
        raise Invalid({"organization_id": "Please choose one of the values offered."})
    return owner


def _parent(tree: Tree, node: Any, owner: int, parent_id: int | None) -> Any:
    """Return the parent. Raises Invalid for one of another organization, the node itself, or one below it."""
    if parent_id is None:
        return None
    parent = current_unit().session.get(tree, parent_id)
    if parent is None or parent.organization_id != owner:
        raise Invalid({"parent_id": "Please choose one of the same organization."})
    if node is not None and (parent.id == node.id or parent.path.startswith(node.path + SEPARATOR)):
        raise Invalid({"parent_id": "A branch cannot hang below itself."})
    return parent


def _move(tree: Tree, node: Any, path: str) -> None:
    """Give everything below a node its new path."""
    old = node.path + SEPARATOR
    if path == node.path:
        return
    inside = func.substr(tree.path, 1, len(old)) == literal(old)
    wanted = select(tree).where(tree.organization_id == node.organization_id, inside)
    for row in current_unit().session.scalars(wanted):
        row.path = path + SEPARATOR + row.path[len(old) :]
        if len(row.path) > 500:
            raise Invalid({"parent_id": "The tree gets too deep here."})


def remove(actor: Actor, thing: Any) -> None:
    """Remove a place, department or cost centre that nothing refers to. Raises RuleBroken where something does."""
    require(POLICY, actor, OrgPermission.EDIT, thing.organization_id)
    session = current_unit().session
    session.delete(thing)
    try:
        session.flush()
    except IntegrityError:
        raise RuleBroken("People, things or places below still refer to it. Move them first.") from None


def _check_version(row: Any, version: int | None) -> None:
    if version != row.version:
        raise Conflict(version=row.version)


def get_one(actor: Actor, model: Any, row_id: int) -> Any:
    """Return a row for changing. Raises NotFound where it does not exist for the actor."""
    row = current_unit().session.get(model, row_id, with_for_update=True)
    owner = None if row is None else (row.id if model is Organization else row.organization_id)
    if row is None or not (actor.all_organizations or owner in actor.organization_ids):
        raise NotFound()
    return row
