"""The tickets of an asset, as a tab of its page."""

from __future__ import annotations

from flask import render_template
from markupsafe import Markup

from itsm.assets.models import Asset
from itsm.infra.db import db
from itsm.infra.markup import kept
from itsm.infra.unit import clock
from itsm.kernel.actor import Actor
from itsm.tickets.policies import works_at_desk
from itsm.tickets.queries import queue, tally
from itsm.tickets.queries.wish import ALL, Wish
from itsm.tickets.views import words
from itsm.tickets.views.rows import prepared


def content(actor: Actor, asset: Asset) -> Markup:
    """Return the newest fifty tickets that an asset is on, as far as the actor sees them.

    Whoever looks after assets and does not work at the desk is told how many there are, when they came and went, and
    what they are about in a word; what people wrote in them is the desk's.
    """
    return _for_desk(actor, asset) if works_at_desk(actor) else _for_register(actor, asset)


def _for_desk(actor: Actor, asset: Asset) -> Markup:
    session = db.session()
    reference = queue.reference(actor, session)
    wish = Wish(asset=str(asset.id), state=ALL)
    page = queue.page(actor, wish, session)
    rows = prepared(page.rows, reference, "")
    more = wish.values() if page.after else None
    # Our own template, escaped as every page is.
    return kept(render_template("tickets/asset_tab.html", rows=rows, asset=asset, more=more))


def _for_register(actor: Actor, asset: Asset) -> Markup:
    session = db.session()
    shown = {
        "tally": tally.tally(session, actor, asset.id, now=clock().now()),
        "rows": tally.rows(session, actor, asset.id),
        "words": words,
    }
    # Our own template, escaped as every page is.
    return kept(render_template("tickets/asset_tally.html", **shown))
