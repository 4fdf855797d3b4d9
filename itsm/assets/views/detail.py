"""One asset, tab by tab."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_currency

from itsm.assets.enums import AssetKind, RelationshipType
from itsm.assets.models import Asset
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.queries import detail, duplicates, get_asset, network_map, survivor_of
from itsm.assets.rules.lifecycle import STEPS
from itsm.assets.rules.money import amount
from itsm.assets.sayings import rule_words
from itsm.assets.tabs import AssetTab, tabs_for
from itsm.assets.views import words
from itsm.assets.views.blueprints import READERS, register_pages
from itsm.assets.views.history import history_of
from itsm.assets.views.ports import network_of
from itsm.attachments.owners import Owner
from itsm.attachments.queries import attachments_of_one
from itsm.fields.queries import definition, fields_of
from itsm.infra.db import db
from itsm.kernel.actor import Actor
from itsm.kernel.errors import NotFound
from itsm.kernel.policy import allowed
from itsm.kernel.text import one_line
from itsm.web import gate
from itsm.web.filters import ago
from itsm.web.identity import signed_in
from itsm.web.render import render
from itsm.web.texts import _

DOCUMENT = "asset"
GUESTS = ("virtual_machine", "container")
"""Kinds of components that are no hardware: what runs on the asset."""
WIRELESS = (AssetKind.ACCESS_POINT, AssetKind.WIRELESS_CONTROLLER)


@register_pages.get("/<int:asset_id>")
@gate.roles(*READERS)
def show(asset_id: int) -> ResponseReturnValue:
    """Show what an asset is, and how we know."""
    actor = signed_in()
    if (moved := _moved(actor, asset_id)) is not None:
        return redirect(url_for("assets.show", asset_id=moved))
    asset = get_asset(actor, asset_id)
    session = db.session()
    known = detail.known(session, asset)
    names = detail.names(session, asset)
    fields = [definition(row) for row in fields_of(session, "asset", asset.organization_id, asset.category_id)]
    return page(
        actor,
        asset,
        "overview",
        names=names,
        known=known,
        evidence=lambda name: evidence_rows(asset, name, known, names),
        moments=detail.moments(known),
        users=detail.running(known, "users"),
        services=detail.running(known, "services"),
        disagreements=[disagreement(row, asset) for row in known.open],
        custom=[(field, asset.custom.get(field.key)) for field in fields],
        addresses=[row for row in detail.addresses(session, asset.id) if row.gone_at is None],
        price=_price(asset),
        merges=duplicates.merges(session, asset.id) if asset.absorbed_count else (),
        last=next(iter(detail.history(session, asset.id, size=1)), None),
    )


@register_pages.get("/<int:asset_id>/<string:tab>")
@gate.roles(*READERS)
def show_tab(asset_id: int, tab: str) -> ResponseReturnValue:
    """Show one of the other tabs: our own, or one that another room added."""
    actor = signed_in()
    if (moved := _moved(actor, asset_id)) is not None:
        return redirect(url_for("assets.show_tab", asset_id=moved, tab=tab))
    asset = get_asset(actor, asset_id)
    if tab in _CONTENT:
        return page(actor, asset, tab, **_CONTENT[tab](actor, asset))
    added = next((one for one in tabs_for(actor) if one.key == tab), None)
    if added is None:
        raise NotFound()
    return page(actor, asset, tab, added=added, content=added.content(actor, asset))


def _moved(actor: Actor, asset_id: int) -> int | None:
    """Return where an old address leads: the asset that stands for a merged one. Its links work for ever."""
    moved = survivor_of(actor, asset_id)
    if moved is not None:
        flash(_("This record was merged. Here is the asset that it is part of."), "info")
    return moved


def page(actor: Actor, asset: Asset, tab: str, *, status: int = 200, **context: Any) -> Response:
    """Return the page of an asset with one tab open."""
    own = tab if tab == "overview" or tab in _CONTENT else "added"
    context.setdefault("names", None)
    names = context.pop("names") or detail.names(db.session(), asset)
    can = {permission.name.lower(): allowed(POLICY, actor, permission, asset) for permission in AssetPermission}
    return render(
        f"assets/{own}.html",
        status=status,
        asset=asset,
        names=names,
        tab=tab,
        tabs=tab_links(asset, tab, tabs_for(actor)),
        steps=[pair for pair in words.statuses() if pair[0] in STEPS[asset.status] and pair[0] != asset.status],
        can=can,
        words=words,
        **context,
    )


def _price(asset: Asset) -> str | None:
    if asset.price_minor is None:
        return None
    currency = asset.currency or "EUR"
    return str(format_currency(Decimal(amount(asset.price_minor, currency)), currency))


def tab_links(asset: Asset, tab: str, added: list[AssetTab]) -> list[dict[str, Any]]:
    """Return the tabs as links."""
    own = [
        ("overview", _("Overview")),
        ("hardware", _("Hardware")),
        ("network", _("Network")),
        ("software", _("Software")),
        ("relationships", _("Relationships")),
        *([("clients", _("Clients"))] if asset.kind in WIRELESS else []),
        *((one.key, str(_(one.label))) for one in added),
        ("custody", _("Custody")),
        ("documents", _("Documents")),
        ("history", _("History")),
    ]
    return [
        {
            "label": label,
            "active": key == tab,
            "href": url_for("assets.show", asset_id=asset.id)
            if key == "overview"
            else url_for("assets.show_tab", asset_id=asset.id, tab=key),
        }
        for key, label in own
    ]


def evidence_rows(asset: Asset, name: str, known: detail.Known, names: Any) -> list[dict[str, Any]]:
    """Return why a field is what it is, for ``ui.evidence``: the person's choice, then what each source says."""
    recorded = {"manufacturer": names.maker, "model": names.model}.get(name, getattr(asset, name, None))
    shown = "" if recorded is None else str(recorded)
    found: list[dict[str, Any]] = []
    choice, person = known.choices.get(name, (None, None))
    by_person = choice is not None and choice.source is None
    if choice is not None and by_person:
        who = _("recorded by %(name)s", name=person or _("somebody"))
        found.append({"value": shown, "source": who, "at": ago(choice.updated_at), "why": choice.why, "used": True})
    for row in known.observed.get(name, ()):
        trusted = choice is not None and choice.source == row.source
        why = ", ".join(filter(None, (rule_words(row.rule or ""), rule_words(row.object or ""))))
        found.append(
            {
                "value": row.value,
                "source": words.source(row.source) + (f" ({_('trusted')})" if trusted else ""),
                "at": ago(row.last_seen_at),
                "why": why,
                "confidence": row.confidence,
                "used": not by_person and row.value == shown,
            }
        )
    return found


def disagreement(row: Any, asset: Asset) -> dict[str, Any]:
    """Return what ``ui.disagreement`` shows."""
    return {
        "field": words.fields().get(row.field, row.field),
        "recorded": row.recorded,
        "observed": row.observed,
        "source": words.source(row.source),
        "at": ago(row.created_at),
        "url": url_for("assets.decide", asset_id=asset.id, disagreement_id=row.id),
        "version": row.version,
    }


def _hardware(_actor: Actor, asset: Asset) -> dict[str, Any]:
    groups: dict[str, list[Any]] = {}
    for part in detail.components(db.session(), asset.id):
        if part.kind not in GUESTS:
            groups.setdefault(part.kind, []).append(part)
    return {"groups": groups}


def _network(actor: Actor, asset: Asset) -> dict[str, Any]:
    return network_of(actor, asset)


def _clients(actor: Actor, asset: Asset) -> dict[str, Any]:
    rows = network_map.stations_at(db.session(), actor, asset.id)
    return {"rows": [row for row in rows if row.Station.source == "wireless"]}


def _software(actor: Actor, asset: Asset) -> dict[str, Any]:
    typed = one_line(request.args.get("q", ""), 100)
    session = db.session()
    guests: dict[str, list[Any]] = {}
    for part in detail.components(session, asset.id) if not typed else ():
        if part.kind in GUESTS:
            guests.setdefault(part.kind, []).append(part)
    machines = {
        row.other.casefold().split(".")[0]: row
        for row in (detail.relationships(actor, session, asset.id) if guests else ())
        if row.Relationship.type is RelationshipType.RUNS_ON and not row.outward
    }
    return {"q": typed, "rows": detail.software(session, asset.id, typed), "guests": guests, "machines": machines}


def _relationships(actor: Actor, asset: Asset) -> dict[str, Any]:
    types = [
        (kind.value + back, words.relationship_words(kind, not back))
        for kind in RelationshipType
        for back in ("", ".back")
        if not (back and kind is RelationshipType.CONNECTED_TO)
    ]
    return {"rows": detail.relationships(actor, db.session(), asset.id), "types": types}


def _custody(_actor: Actor, asset: Asset) -> dict[str, Any]:
    return {"periods": detail.custody(db.session(), asset.id)}


def _documents(_actor: Actor, asset: Asset) -> dict[str, Any]:
    return {"files": attachments_of_one(Owner(DOCUMENT, asset.id))}


_CONTENT = {
    "hardware": _hardware,
    "network": _network,
    "clients": _clients,
    "software": _software,
    "relationships": _relationships,
    "custody": _custody,
    "documents": _documents,
    "history": history_of,
}
