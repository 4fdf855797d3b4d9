"""The label on a device: its QR code, the page behind it, and the sheet to print."""

from __future__ import annotations

import io

import segno
from flask import Response, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itsm.assets.models import Asset
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.queries import detail, find_by_tag, get_asset, is_staff_here, visible_assets
from itsm.assets.views import words
from itsm.assets.views.blueprints import READERS, register_pages, tag_pages
from itsm.infra.db import db
from itsm.infra.settings import Settings
from itsm.kernel.errors import NotFound
from itsm.kernel.numbers import whole_number
from itsm.kernel.policy import allowed
from itsm.kernel.text import one_line
from itsm.web import gate
from itsm.web.identity import signed_in
from itsm.web.render import render

MOST_LABELS = 100


@tag_pages.get("/<path:tag>")
@gate.signed_in
def scanned(tag: str) -> ResponseReturnValue:
    """Show what somebody stands before who scanned a label; staff go on to the full page. Old tags lead here too."""
    actor = signed_in()
    found = [
        asset
        for asset in find_by_tag(actor, one_line(tag, 80), everywhere=True)
        if allowed(POLICY, actor, AssetPermission.REPORT, asset)
    ]
    if not found:
        raise NotFound()
    if is_staff_here(actor):
        if len(found) > 1:
            return redirect(url_for("assets.index", q=tag, status="any"), 303)
        return redirect(url_for("assets.show", asset_id=found[0].id), 303)
    asset = next((one for one in found if one.organization_id in actor.organization_ids), found[0])
    return render(
        "assets/scanned.html",
        asset=asset,
        names=detail.names(db.session(), asset),
        mine=asset.custodian_id == actor.person_id,
        words=words,
    )


@register_pages.get("/<int:asset_id>/qr.svg")
@gate.roles(*READERS)
def qr(asset_id: int) -> ResponseReturnValue:
    """Give the QR code of an asset's label as a picture."""
    asset = get_asset(signed_in(), asset_id)
    picture = io.BytesIO()
    segno.make(label_address(asset), error="m", micro=False).save(
        picture, kind="svg", border=2, scale=4, svgclass=None, lineclass=None
    )
    response = Response(picture.getvalue(), mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


def label_address(asset: Asset) -> str:
    """Return the whole address that the label of an asset carries."""
    settings: Settings = current_app.extensions["itsm.settings"]
    return settings.base_url.rstrip("/") + url_for("asset_tags.scanned", tag=asset.tag)


@register_pages.get("/<int:asset_id>/label")
@gate.roles(*READERS)
def label(asset_id: int) -> ResponseReturnValue:
    """Show the label of an asset, to be printed."""
    return _labels([get_asset(signed_in(), asset_id)])


@register_pages.get("/labels")
@gate.roles(*READERS)
def labels() -> ResponseReturnValue:
    """Show the labels of several assets (``ids``, at most 100) on one sheet."""
    texts = request.args.getlist("ids")[:MOST_LABELS]
    ids = [number for text in texts if (number := whole_number(text)) is not None]
    wanted = visible_assets(signed_in()).where(Asset.id.in_(ids)).order_by(Asset.tag)
    return _labels(list(db.session.scalars(wanted)))


def _labels(assets: list[Asset]) -> Response:
    return render("assets/labels.html", assets=assets, address=label_address)
