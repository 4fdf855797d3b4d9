"""Assets from a table: choose it, look at what it would do, carry it out."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itsm.assets.forms import ImportForm
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.queries import forms as choices
from itsm.assets.rules.table import COLUMNS
from itsm.assets.services import importing
from itsm.assets.views import words
from itsm.assets.views.blueprints import register_pages
from itsm.attachments.models import Attachment
from itsm.attachments.queries import get_attachment
from itsm.attachments.services import uploads
from itsm.infra import csvio
from itsm.infra.db import db
from itsm.infra.unit import Unit, transaction
from itsm.kernel.actor import Actor, Role
from itsm.kernel.errors import Invalid, NotFound
from itsm.kernel.policy import require
from itsm.web import gate
from itsm.web.forms import read
from itsm.web.idempotency import once
from itsm.web.identity import signed_in
from itsm.web.render import render
from itsm.web.texts import _

SHOWN = 300


@register_pages.get("/import")
@gate.roles(Role.ASSET_MANAGER)
def import_form() -> ResponseReturnValue:
    """Ask for a table."""
    return _form(signed_in(), {})


def _form(actor: Actor, errors: dict[str, Any], status: int = 200) -> Response:
    require(POLICY, actor, AssetPermission.IMPORT)
    return render("assets/import.html", status=status, errors=errors, columns=COLUMNS, most=importing.MOST_ROWS)


@register_pages.post("/import")
@gate.roles(Role.ASSET_MANAGER)
def upload_table() -> ResponseReturnValue:
    """Keep the table and show what it would do; nothing is changed yet."""
    actor = signed_in()
    require(POLICY, actor, AssetPermission.IMPORT)
    try:
        sent = uploads.receive([(file.filename or "", file.stream) for file in request.files.getlist("files")])
        if len(sent) != 1:
            raise Invalid({"files": _("Choose one table.")})
        with transaction(actor) as unit:
            attachment = uploads.add(actor, sent[0], now=unit.now)
            unit.session.flush()
            attachment_id = attachment.id
        _plan(actor, get_attachment(actor, attachment_id))  # what cannot be read at all is told at once
    except Invalid as refusal:
        return _form(actor, {"files": [said for all_said in refusal.errors.values() for said in all_said]}, 422)
    return redirect(url_for("assets.preview_import", attachment_id=attachment_id), 303)


@register_pages.get("/import/<int:attachment_id>")
@gate.roles(Role.ASSET_MANAGER)
def preview_import(attachment_id: int) -> ResponseReturnValue:
    """Show what the table would do, row by row."""
    actor = signed_in()
    attachment = _waiting(actor, attachment_id)
    plan = _plan(actor, attachment)
    return render("assets/import_preview.html", attachment=attachment, plan=plan, shown=SHOWN, words=words)


@register_pages.post("/import/<int:attachment_id>")
@gate.roles(Role.ASSET_MANAGER)
def carry_out_import(attachment_id: int) -> ResponseReturnValue:
    """Carry out what the preview showed: planned again, so that it fits what stands there now."""
    actor = signed_in()
    read(ImportForm, request.form).parse()
    attachment = _waiting(actor, attachment_id)
    done: dict[str, int] = {}

    def create(unit: Unit) -> str:
        done.update(importing.carry_out(actor, _plan(actor, attachment), now=unit.now))
        return url_for("assets.index", sort="updated", down="1")

    location = once(actor, create)
    if done:
        flash(_("%(new)s entered, %(changed)s changed.", new=done["new"], changed=done["changed"]), "success")
    return redirect(location, 303)


def _waiting(actor: Actor, attachment_id: int) -> Attachment:
    """Return the actor's own upload. Raises NotFound for what belongs to something."""
    require(POLICY, actor, AssetPermission.IMPORT)
    attachment = get_attachment(actor, attachment_id)
    if attachment.owner_kind is not None:
        raise NotFound()
    return attachment


def _plan(actor: Actor, attachment: Attachment) -> importing.Plan:
    known = importing.Words(
        kinds={word.casefold(): value for value, word in words.kinds()},
        statuses={word.casefold(): value for value, word in words.statuses()},
    )
    with uploads.file_store().open(attachment.sha256) as file:
        return importing.plan(actor, db.session(), choices.home(actor, None), csvio.read(file), known)
