"""People in and out as tables: import with a look before, export that no spreadsheet runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Response, current_app, flash, redirect, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from itsm.accounts.forms import ImportForm
from itsm.accounts.policies import POLICY, PeoplePermission
from itsm.accounts.queries import list_people
from itsm.accounts.queries.names import names_of
from itsm.accounts.queries.people import Wish
from itsm.accounts.services import importing
from itsm.accounts.views import bp
from itsm.accounts.views.words import field_words
from itsm.infra import csvio
from itsm.infra.db import db
from itsm.infra.files import FileMissing, FileStore, FileTooLarge
from itsm.infra.unit import Unit, record, transaction
from itsm.kernel.actor import Actor, Role
from itsm.kernel.errors import Invalid
from itsm.kernel.policy import require
from itsm.web import gate
from itsm.web.forms import read
from itsm.web.idempotency import once
from itsm.web.identity import signed_in
from itsm.web.render import render
from itsm.web.texts import _

SHOWN = 200
EXPORTED = ("name", "email", "employee_number", "phone", "job_title", "department", "location")


def _store() -> FileStore:
    store: FileStore = current_app.extensions["itsm.files"]
    return store


def _planned(digest: str, actor: Actor, session: Any) -> list[importing.Planned]:
    with _store().open(digest) as file:
        rows = csvio.read(file, max_bytes=importing.MOST_BYTES, max_rows=importing.MOST_ROWS)
        return importing.plan(session, actor, rows)


@bp.get("/people/import")
@gate.roles(Role.ADMINISTRATOR)
def import_people() -> ResponseReturnValue:
    """Ask for the table."""
    require(POLICY, signed_in(), PeoplePermission.IMPORT)
    return render("accounts/import.html", columns=importing.COLUMNS, error="")


@bp.post("/people/import")
@gate.roles(Role.ADMINISTRATOR)
def preview_import() -> ResponseReturnValue:
    """Show what the table would do, without doing it."""
    actor = signed_in()
    sent = request.files.get("file")
    try:
        if sent is None or not sent.filename:
            raise Invalid({"file": _("Please choose a file.")})
        digest = _store().save(sent.stream, limit=importing.MOST_BYTES).sha256
        planned = _planned(digest, actor, db.session())
    except FileTooLarge as refusal:
        return render("accounts/import.html", columns=importing.COLUMNS, error=refusal.message, status=422)
    except Invalid as refusal:
        said = " ".join(refusal.errors.get("file", [refusal.message]))
        return render("accounts/import.html", columns=importing.COLUMNS, error=said, status=422)
    return _preview(digest, planned)


def _preview(digest: str, planned: list[importing.Planned]) -> ResponseReturnValue:
    order = {importing.Outcome.REFUSED: 0, importing.Outcome.CHANGED: 1, importing.Outcome.NEW: 2}
    shown = sorted(planned, key=lambda row: (order.get(row.outcome, 3), row.line))[:SHOWN]
    changed = [row for row in shown if row.outcome is importing.Outcome.CHANGED]
    held = ((name, value) for row in changed for name, pair in row.changes.items() for value in pair)
    return render(
        "accounts/import_preview.html",
        digest=digest,
        counts=importing.tally(planned),
        rows=shown,
        total=len(planned),
        names=names_of(db.session(), held),
        field_words=field_words(),
    )


@bp.post("/people/import/apply")
@gate.roles(Role.ADMINISTRATOR)
def apply_import() -> ResponseReturnValue:
    """Carry the table out, once: judged again against what stands there now, in one action."""
    actor, wish = signed_in(), read(ImportForm, request.form).parse()
    counts: dict[str, int] = {}

    def create(unit: Unit) -> str:
        counts.update(importing.carry_out(actor, _planned(wish.digest, actor, unit.session), digest=wish.digest))
        return url_for("accounts.list_people")

    try:
        location = once(actor, create)
    except (FileMissing, Invalid) as refusal:
        said = _("The table is not there any more. Please choose it again.")
        said = said if isinstance(refusal, FileMissing) else refusal.message
        return render("accounts/import.html", columns=importing.COLUMNS, error=said, status=422)
    if counts:
        said = _("%(new)s people are new, %(changed)s were changed, %(refused)s rows were refused.", **counts)
        flash(said, "success")
    return redirect(location, 303)


@bp.get("/people/export.csv")
@gate.roles(Role.AUDITOR)
def export_people() -> ResponseReturnValue:
    """Send the people of the present filter as CSV."""
    actor = signed_in()
    require(POLICY, actor, PeoplePermission.EXPORT)
    wish = Wish.of(request.args)
    with transaction(actor):
        record("exported", "person", "list", **wish.values())
    lines = csvio.stream(EXPORTED, _rows(actor, wish))
    response = Response(stream_with_context(lines), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="people.csv"'
    return response


def _rows(actor: Actor, wish: Wish) -> Iterator[list[object]]:
    """Yield the rows page by page, so that the export of a large company holds no more than a page."""
    after = None
    while True:
        page = list_people(db.session(), actor, wish, after=after)
        for row in page.rows:
            yield [getattr(row, name) for name in EXPORTED]
        after = page.after
        if after is None:
            return
