"""The tab "Impact" of an asset: what fails if it fails, and what it needs itself."""

from __future__ import annotations

from flask import render_template
from markupsafe import Markup

from itsm.assets.models import Asset
from itsm.infra.db import db
from itsm.infra.markup import kept
from itsm.insight.causes.queries import impact
from itsm.kernel.actor import Actor


def content(actor: Actor, asset: Asset) -> Markup:
    """Return what stands or falls with an asset."""
    found = impact.view(db.session(), actor, asset)
    # Our own template, escaped as every page is.
    return kept(render_template("insight/impact.html", asset=asset, view=found))
