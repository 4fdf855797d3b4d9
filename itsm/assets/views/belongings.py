"""What belongs to an asset: documents and declared relationships."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itsm.assets.enums import RelationshipType
from itsm.assets.forms import RelationshipForm
from itsm.assets.models import Asset
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.queries import asset_to_change, get_asset
from itsm.assets.services import relating
from itsm.assets.views.blueprints import WRITERS, register_pages
from itsm.assets.views.detail import DOCUMENT
from itsm.attachments.owners import Owner
from itsm.attachments.services import uploads
from itsm.infra.unit import Unit, record, transaction
from itsm.kernel.errors import Invalid
from itsm.kernel.policy import require
from itsm.web import gate
from itsm.web.forms import read
from itsm.web.idempotency import once
from itsm.web.identity import signed_in
from itsm.web.texts import _, ngettext


@register_pages.post("/<int:asset_id>/documents")
@gate.roles(*WRITERS)
def add_documents(asset_id: int) -> ResponseReturnValue:
    """Keep documents with an asset."""
    actor = signed_in()
    require(POLICY, actor, AssetPermission.EDIT, get_asset(actor, asset_id))
    files = uploads.receive([(file.filename or "", file.stream) for file in request.files.getlist("files")])
    if not files:
        raise Invalid({"files": "Choose at least one file."}, _("Choose at least one file."))

    def create(unit: Unit) -> str:
        asset = asset_to_change(actor, asset_id)
        require(POLICY, actor, AssetPermission.EDIT, asset)
        for file in files:
            uploads.attach(actor, file, Owner(DOCUMENT, asset.id), now=unit.now)
        record("documents added", "asset", asset.id, label=asset.label, files=[file.name for file in files])
        return url_for("assets.show_tab", asset_id=asset.id, tab="documents")

    location = once(actor, create)
    flash(ngettext("%(num)s document added.", "%(num)s documents added.", len(files)), "success")
    return redirect(location, 303)


@register_pages.post("/<int:asset_id>/relationships")
@gate.roles(*WRITERS)
def declare_relationship(asset_id: int) -> ResponseReturnValue:
    """Declare how this asset stands to another."""
    actor = signed_in()
    wish = read(RelationshipForm, request.form).parse()
    kind, outward = direction(wish.type)

    def create(_unit: Unit) -> str:
        asset, other = asset_to_change(actor, asset_id), get_other(asset_id, wish.other_id)
        first, second = (asset, other) if outward else (other, asset)
        group = wish.redundancy_group or None
        relating.declare(actor, first, second, kind, redundancy_group=group, needed=wish.needed)
        return url_for("assets.show_tab", asset_id=asset.id, tab="relationships")

    def get_other(_asset_id: int, other_id: int) -> Asset:
        return asset_to_change(actor, other_id)

    return redirect(once(actor, create), 303)


def direction(text: str) -> tuple[RelationshipType, bool]:
    """Return the type and whether it is read from this asset ("runs_on") or from the other ("runs_on.back")."""
    name, _dot, back = text.partition(".")
    return RelationshipType(name), not back


@register_pages.post("/<int:asset_id>/relationships/<int:relationship_id>/end")
@gate.roles(*WRITERS)
def end_relationship(asset_id: int, relationship_id: int) -> ResponseReturnValue:
    """End a declared relationship."""
    actor = signed_in()
    with transaction(actor) as unit:
        relating.end(actor, asset_to_change(actor, asset_id), relationship_id, now=unit.now)
    flash(_("The relationship is ended."), "success")
    return redirect(url_for("assets.show_tab", asset_id=asset_id, tab="relationships"), 303)
