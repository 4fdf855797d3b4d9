"""Saved views, and the list as a table file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

from flask import Response, flash, redirect, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from itsm.assets.forms import ViewForm
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.queries import register
from itsm.assets.queries.wish import COLUMNS, Wish
from itsm.assets.services import views
from itsm.assets.views import words
from itsm.assets.views.blueprints import READERS, register_pages
from itsm.assets.views.register import address
from itsm.infra import csvio
from itsm.infra.db import db, hold_still
from itsm.infra.unit import Unit, clock, record, transaction
from itsm.kernel.policy import require
from itsm.web import gate
from itsm.web.forms import read
from itsm.web.idempotency import once
from itsm.web.identity import signed_in
from itsm.web.texts import _

MOST_ROWS = 200_000


def query_of(text: str) -> dict[str, str]:
    """Return the query values that a hidden field carries, as far as the list understands them."""
    return Wish.of(dict(parse_qsl(text[:2000], max_num_fields=50))).values()


@register_pages.post("/views")
@gate.roles(*READERS)
def save_view() -> ResponseReturnValue:
    """Save the present way of looking at the register under a name."""
    actor = signed_in()
    wish = read(ViewForm, request.form).parse()

    def create(_unit: Unit) -> str:
        return address(views.save_view(actor, wish.name, query_of(wish.query), shared=wish.shared).query)

    return redirect(once(actor, create), 303)


@register_pages.post("/views/<int:view_id>/removal")
@gate.roles(*READERS)
def remove_view(view_id: int) -> ResponseReturnValue:
    """Remove a saved view."""
    actor = signed_in()
    with transaction(actor):
        views.remove_view(actor, view_id)
    flash(_("The view is removed."), "success")
    return redirect(url_for("assets.index"), 303)


@register_pages.get("/export.csv")
@gate.roles(*READERS)
def export() -> ResponseReturnValue:
    """Give the list, with its filters and all its rows and columns, as a table file; the export is written down."""
    actor, wish = signed_in(), Wish.of(request.args)
    require(POLICY, actor, AssetPermission.EXPORT)
    with transaction(actor):
        record("exported", "asset", "", filter=wish.filters(), columns=list(wish.columns))
    now = clock().now()
    labels = words.columns()
    head = [_("Tag"), _("Name"), _("Kind"), _("Manufacturer"), *(labels[name] for name in COLUMNS)]
    everything = Wish.of({**wish.values(), "cols": ".".join(COLUMNS)})
    wanted = register.statement(actor, everything, db.session(), now).order_by("name", "id").limit(MOST_ROWS)

    def lines() -> Iterator[list[Any]]:
        hold_still(db.session())
        with db.session.execute(wanted.execution_options(yield_per=500)) as rows:
            for row in rows:
                yield [
                    row.tag,
                    row.name,
                    words.kind_word(row.kind),
                    _maker(row),
                    *(_cell(row, name) for name in COLUMNS),
                ]

    body = stream_with_context(csvio.stream(head, lines()))
    response = Response(body, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="assets-{now:%Y-%m-%d}.csv"'
    return response


def _maker(row: Any) -> str:
    return row.maker if row.maker and row.maker != "Unknown" else ""


def _cell(row: Any, name: str) -> Any:
    if name == "status":
        return words.status_word(row.status)
    if name == "os":
        return " ".join(filter(None, (row.os_name, row.os_version)))
    if name in ("first", "seen", "updated"):
        moment = getattr(row, {"first": "first_seen_at", "seen": "last_seen_at"}.get(name, "updated_at"))
        return moment.strftime("%Y-%m-%d %H:%M") if moment else ""
    if name == "warranty":
        return row.warranty_until.isoformat() if row.warranty_until else ""
    return getattr(row, name)
