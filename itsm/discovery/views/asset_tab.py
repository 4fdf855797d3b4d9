"""Where an asset was seen, as a tab of its page; and what does not belong to it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from itsm.assets.models import Asset
from itsm.assets.queries import assets_to_change
from itsm.discovery import queries
from itsm.discovery.forms import SplitForm
from itsm.discovery.policies import POLICY, DiscoveryPermission
from itsm.discovery.services.sending_back import send_back
from itsm.discovery.services.splitting import split as split_it
from itsm.discovery.views import bp
from itsm.discovery.views.evidence import key_words
from itsm.infra.db import db
from itsm.infra.markup import kept
from itsm.infra.unit import Unit
from itsm.kernel.actor import Actor, Role
from itsm.kernel.errors import NotFound
from itsm.kernel.policy import allowed
from itsm.web import gate
from itsm.web.forms import read
from itsm.web.idempotency import new_key, once
from itsm.web.identity import signed_in


def content(actor: Actor, asset: Asset) -> Markup:
    """Return the newest sightings of an asset, one a network and address."""
    rows = queries.sightings_of(db.session(), actor, asset.id)
    reasons = {row.id: list(dict.fromkeys(key_words(key["kind"]) for key in row.keys)) for row in rows}
    may = allowed(POLICY, actor, DiscoveryPermission.SPLIT, asset) and len(rows) > 1
    return kept(
        render_template(
            "discovery/asset_tab.html", asset=asset, rows=rows, reasons=reasons, can_split=may, key=new_key()
        )
    )


def shown(actor: Actor) -> bool:
    """Say whether the actor sees sightings at all."""
    return allowed(POLICY, actor, DiscoveryPermission.READ)


@bp.post("/assets/<int:asset_id>/split")
@gate.roles(Role.TECHNICIAN, Role.ASSET_MANAGER)
def split(asset_id: int) -> ResponseReturnValue:
    """Give what was seen at some addresses to another asset, or to a new one."""
    actor, command = signed_in(), read(SplitForm, request.form).parse()

    def create(unit: Unit) -> str:
        wanted = [asset_id] + ([command.other_id] if command.other_id else [])
        found = {asset.id: asset for asset in assets_to_change(actor, wanted)}
        if set(wanted) - set(found):
            raise NotFound()
        if command.undecided:
            send_back(actor, found[asset_id], command.sighting_ids, now=unit.now, why=command.why)
            return url_for("discovery.undecided")
        other = found[command.other_id] if command.other_id else None
        split_it(actor, found[asset_id], command.sighting_ids, other, now=unit.now, why=command.why)
        return url_for("assets.show_tab", asset_id=asset_id, tab="sightings")

    location = once(actor, create)
    if command.undecided:
        flash(_("It waits here until somebody says what it is. No sweep gives it back meanwhile."), "success")
    else:
        flash(_("They are two assets now, and no sweep will join them again."), "success")
    return redirect(location, 303)
