"""Assets in the search over everything, and on the page of a person."""

from __future__ import annotations

from collections.abc import Sequence

from flask import url_for

from itsm.accounts.panels import Panel, PanelRow
from itsm.assets.queries.visible import held_by, is_staff_here, pick
from itsm.kernel.actor import Actor
from itsm.web.search import Hit
from itsm.web.texts import _


def assets_found(actor: Actor, words: str, limit: int) -> Sequence[Hit]:
    """Return assets by tag, name, serial and what else is indexed; those who have no register find none."""
    if not is_staff_here(actor):
        return []
    return [
        Hit(
            _("Assets"),
            row.name,
            url_for("assets.show", asset_id=row.id),
            f"{row.tag} {row.serial or ''}".strip(),
            _icon(row.kind.value),
        )
        for row in pick(actor, words, limit=limit)
    ]


def custody_panel(actor: Actor, person_id: int) -> Panel | None:
    """Return what a person holds, as far as the actor sees it."""
    rows = [
        PanelRow(asset.name, url_for("assets.show", asset_id=asset.id), asset.tag, _icon(asset.kind.value))
        for asset in held_by(actor, person_id, limit=100)
    ]
    return Panel(_("Holds"), rows, _("Holds nothing.")) if is_staff_here(actor) else None


def _icon(kind: str) -> str:
    return f"kind-{kind.replace('_', '-')}"
