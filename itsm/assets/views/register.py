"""The list of assets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from itsm.assets.queries import register
from itsm.assets.queries.wish import ANY, COLUMNS, LIVE, SORTS, Wish
from itsm.assets.views import words
from itsm.assets.views.blueprints import READERS, register_pages
from itsm.infra.db import db
from itsm.infra.unit import clock
from itsm.web import gate
from itsm.web.identity import signed_in
from itsm.web.outcome import bulk_outcome
from itsm.web.render import render
from itsm.web.texts import _


@register_pages.get("")
@gate.roles(*READERS)
def index() -> ResponseReturnValue:
    """Show the assets of a wish: the page, or the list alone."""
    actor, session, wish = signed_in(), db.session(), Wish.of(request.args)
    choices = register.choices(actor, wish, session)
    found = register.page(
        actor, wish, session, clock().now(), after=request.args.get("after"), before=request.args.get("before")
    )
    views = rail(wish, choices)
    return render(
        "assets/index.html",
        wish=wish,
        page=found,
        choices=choices,
        words=words,
        views=views,
        chips=_chips(wish, choices),
        heads=_heads(wish),
        all_columns=COLUMNS,
        address=address,
        current=next((view["label"] for view in views if view["active"]), _("Assets")),
        worklists=words.worklists("", waiting=_capped(choices.waiting)),
        saved=next((view for view in views if view["active"] and view.get("id")), None),
        did=bulk_outcome(),
    )


def address(query: Mapping[str, Any]) -> str:
    """Return the address of the list for these query values."""
    return url_for("assets.index", **dict[str, Any](query))


def rail(wish: Wish, choices: register.Choices) -> list[dict[str, Any]]:
    """Return the views beside the list: built-in ones, then saved ones."""
    now = wish.filters()
    built_in: list[tuple[str, str, dict[str, str]]] = [
        (_("Assets"), "assets", {}),
        (_("In stock"), "package", {"status": "in_stock"}),
        (_("In repair"), "tools", {"status": "in_repair"}),
        (_("Silent for too long"), "offline", {"flag": "stale"}),
        (_("Warranty ends soon"), "warranty", {"flag": "warranty"}),
        (_("Retired"), "archive", {"status": "retired"}),
    ]
    found: list[dict[str, Any]] = []
    for label, icon, query in built_in:
        found.append({"label": label, "icon": icon, "href": address(query), "active": now == query})
    whole = wish.values()
    for id_, own, name, query in choices.views:
        icon = "bookmark" if own else "star"
        found.append(
            {"id": id_, "own": own, "label": name, "icon": icon, "href": address(query), "active": whole == query}
        )
    if any(view["active"] for view in found[len(built_in) :]):
        for view in found[: len(built_in)]:
            view["active"] = False
    return found


def _capped(number: int) -> str | int:
    """Return a number as far as it was counted."""
    return f"{register.CAP}+" if number >= register.CAP else number


def _chips(wish: Wish, choices: register.Choices) -> list[tuple[str, str]]:
    """Return the filters that are on and cannot be seen elsewhere, each with the address without it."""
    found = []
    for name, label in (("model", _("Model")), ("custodian", _("Custodian"))):
        if getattr(wish, name) is not None:
            found.append((f"{label}: {choices.named.get(name, '–')}", address(wish.but(**{name: None}))))
    if wish.q:
        found.append((f"“{wish.q}”", address(wish.but(q=""))))
    return found


_SORT_OF = {"status": "status", "first": "first", "seen": "seen", "updated": "updated"}


def _heads(wish: Wish) -> list[dict[str, Any]]:
    """Return the column heads: asset tag and name, then the chosen columns."""
    labels = words.columns()
    heads = [_head(wish, _("Tag"), "tag", width="tight"), _head(wish, _("Name"), "name", width="wide")]
    for name in wish.columns:
        end = {"align": "end"} if name in ("first", "seen", "updated", "warranty") else {}
        heads.append(_head(wish, labels[name], _SORT_OF.get(name, ""), **end))
    return heads


def _head(wish: Wish, label: str, sort: str, **more: Any) -> dict[str, Any]:
    if sort not in SORTS:
        return {"label": label, **more}
    here = wish.sort == sort
    down = (not wish.down) if here else sort in ("first", "seen", "updated")
    direction = {"direction": "desc" if wish.down else "asc"} if here else {}
    return {"label": label, "href": address(wish.but(sort=sort, down=down)), **direction, **more}


def status_options() -> list[tuple[str, str]]:
    """Return what the status filter offers besides the live ones."""
    return [(ANY, _("Any status")), *words.statuses()]


__all__ = ["LIVE", "address", "index", "rail", "status_options"]
