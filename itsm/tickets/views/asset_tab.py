"""The tickets of an asset, as a tab of its page."""

from __future__ import annotations

from flask import render_template
from markupsafe import Markup

from itsm.assets.models import Asset
from itsm.infra.db import db
from itsm.infra.markup import kept
from itsm.kernel.actor import Actor
from itsm.tickets.queries import queue
from itsm.tickets.queries.wish import ALL, Wish
from itsm.tickets.views.rows import prepared


def content(actor: Actor, asset: Asset) -> Markup:
    """Return the newest fifty tickets that an asset is on, as far as the actor sees them."""
    session = db.session()
    reference = queue.reference(actor, session)
    wish = Wish(asset=str(asset.id), state=ALL)
    page = queue.page(actor, wish, session)
    rows = prepared(page.rows, reference, "")
    more = wish.values() if page.after else None
    # Our own template, escaped as every page is.
    return kept(render_template("tickets/asset_tab.html", rows=rows, asset=asset, more=more))
