"""Things seen and not on the books, things on the books and not seen, and things that came back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itsm.assets.enums import AssetKind, Worklist
from itsm.assets.forms import AcknowledgeForm, ActionForm
from itsm.assets.models import Asset
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.queries import worklists as queries
from itsm.assets.rules.lifecycle import STEPS
from itsm.assets.services import attention
from itsm.assets.views import words
from itsm.assets.views.blueprints import READERS, WRITERS, register_pages
from itsm.infra import csvio
from itsm.infra.db import db
from itsm.infra.unit import clock, record, transaction
from itsm.kernel.errors import Invalid
from itsm.kernel.policy import allowed, require
from itsm.kernel.text import one_line
from itsm.web import gate
from itsm.web.forms import read
from itsm.web.identity import signed_in
from itsm.web.render import render
from itsm.web.security import local_path
from itsm.web.texts import _, ngettext

LISTS = {"unbooked": Worklist.UNBOOKED, "unseen": Worklist.UNSEEN}
MOST_ROWS = 20_000


@register_pages.get("/<any(unbooked, unseen):worklist>")
@gate.roles(*READERS)
def worklist(worklist: str) -> ResponseReturnValue:
    """Show a worklist."""
    actor, session = signed_in(), db.session()
    wish = _wish()
    wanted = queries.listed(actor, session, LISTS[worklist], clock().now(), **wish)
    found = queries.page(session, wanted, after=request.args.get("after"), before=request.args.get("before"))
    return render(
        "assets/worklist.html",
        block="worklist",
        which=worklist,
        page=found,
        wish=wish,
        kept={name: value for name, value in _values(wish).items() if value},
        can_decide=allowed(POLICY, actor, AssetPermission.DECIDE),
        words=words,
        worklists=words.worklists(worklist),
    )


def _wish() -> dict[str, Any]:
    kind = request.args.get("kind", "")
    return {
        "q": one_line(request.args.get("q", ""), 200),
        "kind": kind if kind in {one.value for one in AssetKind} else "",
        "aside": request.args.get("aside") == "1",
    }


def _values(wish: dict[str, Any]) -> dict[str, str]:
    return {"q": wish["q"], "kind": wish["kind"], "aside": "1" if wish["aside"] else ""}


@register_pages.get("/<any(unbooked, unseen):worklist>.csv")
@gate.roles(*READERS)
def export_worklist(worklist: str) -> ResponseReturnValue:
    """Give a worklist as a table file; the export is written down."""
    actor = signed_in()
    require(POLICY, actor, AssetPermission.EXPORT)
    wish = _wish()
    with transaction(actor):
        record("exported", "asset", "", worklist=worklist, filter=_values(wish))
    session = db.session()
    wanted = queries.listed(actor, session, LISTS[worklist], clock().now(), **wish)
    rows = session.execute(wanted.order_by(Asset.name, Asset.id).limit(MOST_ROWS)).all()
    heads = ["tag", "name", "kind", "status", "model", "serial", "address", "custodian", "location"]
    heads += ["first_seen", "last_seen", "set_aside_until", "reason"]
    name = f'attachment; filename="{worklist}.csv"'
    return Response(csvio.stream(heads, _cells(rows)), mimetype="text/csv", headers={"Content-Disposition": name})


def _cells(rows: Any) -> Iterator[list[object]]:
    for row in rows:
        first, last = (moment.isoformat() if moment else "" for moment in (row.first_seen_at, row.last_seen_at))
        model = " ".join(filter(None, (row.maker, row.model)))
        yield [
            row.tag, row.name, row.kind.value, row.status.value, model, row.serial or "", row.address or "",
            row.custodian or "", row.location or "", first, last, row.until or "", row.reason or "",
        ]  # fmt: skip


@register_pages.post("/<any(unbooked, unseen):worklist>")
@gate.roles(*WRITERS)
def answer_worklist(worklist: str) -> ResponseReturnValue:
    """Do what was chosen to the ticked assets: adopt them, mark them missing, set them aside, or bring them back."""
    actor, which = signed_in(), LISTS[worklist]
    back = local_path(request.form.get("back"), url_for("assets.worklist", worklist=worklist))
    try:
        wish = read(ActionForm, request.form).parse()
        with transaction(actor) as unit:
            done: dict[str, Callable[[], int]] = {
                "adopt": lambda: attention.adopt(actor, wish.ids, owner_id=wish.owner_id, now=unit.now),
                "missing": lambda: attention.mark_missing(actor, wish.ids, now=unit.now),
                "aside": lambda: attention.set_aside(
                    actor, wish.ids, which, reason=wish.reason, until=wish.until, now=unit.now
                ),
                "bring_back": lambda: attention.bring_back(actor, wish.ids, which),
            }
            number = done[wish.do]()
    except Invalid as refusal:
        flash(" ".join(said for sentences in refusal.errors.values() for said in sentences), "error")
        return redirect(back, 303)
    flash(ngettext("%(num)s asset changed.", "%(num)s assets changed.", number), "success")
    return redirect(back, 303)


@register_pages.get("/resurfaced")
@gate.roles(*READERS)
def resurfaced() -> ResponseReturnValue:
    """Show what answered on the network although it is retired, disposed or missing."""
    actor = signed_in()
    done = request.args.get("done") == "1"
    page = queries.resurfaced(
        actor, db.session(), done=done, after=request.args.get("after"), before=request.args.get("before")
    )
    return render(
        "assets/resurfaced.html",
        page=page,
        done=done,
        steps={row.id: [p for p in words.statuses() if p[0] in STEPS[row.status]] for row in page.rows},
        can_edit=allowed(POLICY, actor, AssetPermission.EDIT),
        words=words,
        worklists=words.worklists("resurfaced"),
    )


@register_pages.post("/resurfaced/<int:resurfacing_id>")
@gate.roles(*WRITERS)
def acknowledge(resurfacing_id: int) -> ResponseReturnValue:
    """Say what it was, and perhaps that it is back."""
    actor = signed_in()
    try:
        wish = read(AcknowledgeForm, request.form).parse()
        with transaction(actor) as unit:
            row, asset = queries.resurfacing_to_change(actor, resurfacing_id)
            attention.acknowledge(actor, row, asset, note=wish.note, status=wish.status, now=unit.now)
    except Invalid as refusal:
        flash(" ".join(said for sentences in refusal.errors.values() for said in sentences), "error")
        return redirect(url_for("assets.resurfaced"), 303)
    flash(
        _("Written down. %(name)s is %(status)s.", name=asset.name, status=words.status_word(asset.status)), "success"
    )
    return redirect(url_for("assets.resurfaced"), 303)
