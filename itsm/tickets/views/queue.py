"""The queue: what the desk looks at all day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from flask import request, url_for
from flask.typing import ResponseReturnValue

from itsm.infra.db import db
from itsm.kernel.actor import Role
from itsm.kernel.numbers import whole_number
from itsm.tickets.panels import Place, ticket_panels
from itsm.tickets.queries import queue
from itsm.tickets.queries.wish import BUILT_IN, Wish
from itsm.tickets.views.blueprints import desk
from itsm.tickets.views.rows import prepared
from itsm.web import gate
from itsm.web.identity import signed_in
from itsm.web.listing import Page
from itsm.web.outcome import bulk_outcome
from itsm.web.render import fresh, render, unchanged
from itsm.web.texts import _, once_a_language

LONG_AGO = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
MOST_ROWS = 100


@desk.get("")
@gate.roles(Role.TECHNICIAN, Role.AUDITOR)
def index() -> ResponseReturnValue:
    """Show the tickets of a view: the page, or the list alone.

    A list that asks for itself again names its ``rows`` and ``since`` when: it gets the same rows as they stand now,
    and how many others came, so that nothing moves under the reader's eye.
    """
    actor, session = signed_in(), db.session()
    polled = request.args.get("rows")
    seal = (actor.user_id, request.full_path, queue.newest(session)) if polled is not None else ()
    if seal and (same := unchanged(*seal)) is not None:
        return same
    wish = Wish.of(request.args)
    reference = queue.reference(actor, session)
    view_numbers = queue.capped_counts(actor, [Wish.of(view.query) for view in reference.views], session)
    coming = 0
    if polled is None:
        page = queue.page(actor, wish, session, after=request.args.get("after"), before=request.args.get("before"))
    else:
        known = _numbers(polled)
        page = Page(queue.same_rows(actor, known, session), request.args.get("after_last"), None)
        coming = queue.newer(actor, wish, session, _moment(request.args.get("since")), known)
    views = _views(wish, reference, view_numbers)
    response = render(
        "tickets/index.html",
        wish=wish,
        page=page,
        rows=prepared(page.rows, reference, wish.by),
        coming=coming,
        since=request.args.get("since") or (page.rows[0].last_activity_at.isoformat() if page.rows else ""),
        reference=reference,
        views=views,
        panels=ticket_panels(actor, Place.QUEUE),
        ticket=None,
        current=next((view["label"] for view in views if view["active"]), _("Tickets")),
        saved=next((view for view in views if view["active"] and view.get("id")), None),
        address=address,
        outcome=bulk_outcome(),
    )
    return fresh(response, *seal) if seal else response


def _numbers(text: str) -> list[int]:
    parts = text.split(",")[:MOST_ROWS]
    return [number for word in parts if (number := whole_number(word)) is not None]


def _moment(text: str | None) -> datetime:
    try:
        moment = datetime.fromisoformat((text or "").replace(" ", "+"))
    except ValueError:
        return LONG_AGO
    return moment if moment.tzinfo else LONG_AGO


def address(query: Mapping[str, Any]) -> str:
    """Return the address of the queue for these query values."""
    return url_for("tickets.index", **dict[str, Any](query))


def _views(wish: Wish, reference: queue.Reference, view_numbers: list[int]) -> list[dict[str, Any]]:
    """Return the rail: built-in views, then saved ones, each with its number."""
    plain = wish.but(sort="activity", by="")
    rail: list[dict[str, Any]] = []
    for key, (label, icon) in _built_in().items():
        query = _STANDARD[key]
        href = address(query)
        active = plain == query
        rail.append(
            {"label": label, "icon": icon, "href": href, "active": active, "count": reference.counts.get(key, 0)}
        )
    for saved, number in zip(reference.views, view_numbers, strict=True):
        rail.append(
            {
                "id": saved.id,
                "own": saved.own,
                "label": saved.name,
                "icon": "bookmark" if saved.own else "star",
                "href": address(saved.query),
                "active": bool(saved.query) and wish.values() == saved.query,
                "count": f"{queue.CAP}+" if number >= queue.CAP else number,
            }
        )
    if any(view["active"] for view in rail[len(BUILT_IN) :]):
        for view in rail[: len(BUILT_IN)]:
            view["active"] = False
    return rail


_STANDARD: Final = {key: Wish.of(given).values() for key, given in BUILT_IN.items()}
"""The query values of the built-in views."""


@once_a_language
def _built_in() -> dict[str, tuple[str, str]]:
    return {
        "mine": (_("My tickets"), "user"),
        "unassigned": (_("Unassigned"), "inbox"),
        "answer": (_("Needs an answer"), "message"),
        "groups": (_("My groups"), "group"),
        "open": (_("All open"), "tickets"),
        "waiting": (_("Waiting"), "pause"),
        "resolved": (_("Resolved"), "success"),
        "all": (_("Everything"), "archive"),
    }
