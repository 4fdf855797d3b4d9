"""The network as a map and, equal to it, as a table; the way between two assets; who is on the network unknown."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import jsonify, request, url_for
from flask.typing import ResponseReturnValue

from itsm.assets.models import Asset, Station
from itsm.assets.queries import find_by_tag, get_asset, network_map, one_thing
from itsm.assets.queries.network_map import Network, Node
from itsm.assets.rules.graph import Edge, articulations, path, roots
from itsm.assets.rules.picture import EVERYTHING, Picture, draw, near
from itsm.assets.views.blueprints import NETWORK_READERS, network_pages
from itsm.assets.views.chart import Chart, by_subnet, chart_of, sureness
from itsm.infra.db import db
from itsm.infra.unit import clock
from itsm.kernel.errors import NotFound
from itsm.kernel.numbers import whole_number
from itsm.kernel.text import one_line
from itsm.web import gate, listing
from itsm.web.identity import signed_in
from itsm.web.render import fresh, render

MOST_HOPS: Final = 6
MOST_OPENED: Final = 50


@dataclass(frozen=True, slots=True)
class MapWish:
    """What of the network somebody wants to see. Nonsense in the address is no wish."""

    layer: str = "links"
    site: int | None = None
    vlan: int | None = None
    q: str = ""
    focus: int | None = None
    hops: int = 2
    opened: tuple[int, ...] = ()

    @classmethod
    def of(cls, args: Any) -> MapWish:
        """Read the wish from the query."""
        opened = args.getlist("open")
        return cls(
            layer="subnets" if args.get("layer") == "subnets" else "links",
            site=whole_number(args.get("site")),
            vlan=vlan if (vlan := whole_number(args.get("vlan"))) is not None and 0 < vlan < 4095 else None,
            q=one_line(args.get("q", ""), 80),
            focus=whole_number(args.get("focus")),
            hops=min(MOST_HOPS, max(1, whole_number(args.get("hops")) or 2)),
            opened=(EVERYTHING,)
            if "all" in opened
            else tuple(n for text in opened[:MOST_OPENED] if (n := whole_number(text)) is not None),
        )

    def values(self) -> dict[str, Any]:
        """Return the wish as a query."""
        found = {
            "layer": "" if self.layer == "links" else self.layer,
            "site": self.site,
            "vlan": self.vlan,
            "q": self.q,
            "focus": self.focus,
            "hops": self.hops if self.focus and self.hops != 2 else None,
            "open": ["all"] if EVERYTHING in self.opened else [str(one) for one in self.opened],
        }
        return {name: value for name, value in found.items() if value}

    def but(self, **changes: Any) -> dict[str, Any]:
        """Return the wish as a query with something else; None or empty takes a part away."""
        return {name: value for name, value in {**self.values(), **changes}.items() if value not in (None, "", [])}


@network_pages.get("/map")
@gate.roles(*NETWORK_READERS)
def show_map() -> ResponseReturnValue:
    """Show the network: a picture for the eye, and a table that says the same."""
    wish = MapWish.of(request.args)
    session, actor = db.session(), signed_in()
    places = network_map.sites(session, actor)
    chart = _chart(wish, places)
    return render("network/map.html", wish=wish, chart=chart, sites=places, address=_address)


@network_pages.get("/map/data")
@gate.roles(*NETWORK_READERS)
def map_data() -> ResponseReturnValue:
    """Return the same as JSON, for the script that draws it."""
    wish = MapWish.of(request.args)
    actor = signed_in()
    chart = _chart(wish, network_map.sites(db.session(), actor) if wish.site is not None else [])
    body = chart.to_json()
    seal = hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()
    return fresh(jsonify(body), actor.user_id, seal)


def _address(values: Mapping[str, Any]) -> str:
    return url_for("network.show_map", **values)


def _chart(wish: MapWish, places: list[network_map.Site]) -> Chart:
    session, actor = db.session(), signed_in()
    inside = next((site.inside for site in places if site.id == wish.site), frozenset({0})) if wish.site else None
    if wish.layer == "subnets":
        found = network_map.subnets(session, actor)
        return by_subnet(found, wish, inside, now=clock().now())
    everything = network_map.network(session, actor)
    picture = _picture(everything, wish, inside)
    return chart_of(
        everything,
        picture,
        cut={} if everything.graph.truncated else articulations(everything.graph),
        roots=roots(everything.graph),
        wish=wish,
        now=clock().now(),
    )


def _picture(everything: Network, wish: MapWish, inside: frozenset[int] | None) -> Picture:
    graph, nodes = everything.graph, everything.nodes
    shown = set(nodes)
    if inside is not None:
        here = network_map.within(nodes.values(), inside)
        shown = here | {edge.other(node) for node in here for edge in graph.at(node) if _is_frame(nodes, edge, node)}
        shown |= {edge.other(node) for node in here for edge in graph.at(node) if _placeless(nodes, edge, node)}
    if wish.vlan is not None:
        members, pairs = network_map.in_vlan(db.session(), shown, wish.vlan)
        at_port = {e.from_id for e in graph.edges if (e.to_id, e.to_port) in pairs and not e.from_port}
        shown &= members | at_port
    if wish.focus is not None:
        shown &= near(graph, [wish.focus], wish.hops)
    if wish.q:
        found = network_map.named({node: nodes[node] for node in shown}, wish.q)
        shown &= near(graph, found, 1)
    return draw(graph, shown, opened=wish.opened, fold=not wish.q)


def _is_frame(nodes: Mapping[int, Node], edge: Edge, node: int) -> bool:
    """Say whether the far end of an edge is worth showing although it is elsewhere: where the site is connected to."""
    return nodes[edge.other(node)].kind.value in ("switch", "router", "firewall")


def _placeless(nodes: Mapping[int, Node], edge: Edge, node: int) -> bool:
    """Say whether the far end has no place of its own: it is where its switch is."""
    return nodes[edge.other(node)].location_id is None


# ------------------------------------------------------------------------------------------------ the way
@network_pages.get("/path")
@gate.roles(*NETWORK_READERS)
def show_path() -> ResponseReturnValue:
    """Show the way between two assets, hop by hop, there and back."""
    session, actor = db.session(), signed_in()
    ends = [_end(name) for name in ("from", "to")]
    wanted = [end for end in ends if end is not None]
    nodes = network_map.nodes_of(session, actor, wanted) if wanted else {}
    if any(end not in nodes for end in wanted):
        raise NotFound()
    start, end = (nodes.get(one) if one is not None else None for one in ends)
    context: dict[str, Any] = {"words": sureness, "start": start, "end": end, "there": None, "back": None, "linked": {}}
    if start is not None and end is not None:
        everything = network_map.network(session, actor)
        graph = everything.graph
        there, back = path(graph, start.id, end.id), path(graph, end.id, start.id)
        same = there is not None and back is not None and _turned(back) == [hop.edge.id for hop in there]
        context |= {
            "there": there,
            "back": None if same else back,
            "nodes": everything.nodes | nodes,
            "speeds": everything.speeds,
            "linked": {one.id: len(graph.cables(one.id)) for one in (start, end)},
        }
    return render("network/path.html", **context)


def _end(name: str) -> int | None:
    """Return an end of the way: an id, or without a script a tag."""
    tag = one_line(request.args.get(f"{name}_tag", ""), 40)
    chosen = whole_number(request.args.get(name))
    if chosen is not None or not tag:
        return chosen
    found = find_by_tag(signed_in(), tag)
    if not found:
        raise NotFound()
    return found[0].id


def _turned(hops: Any) -> list[int]:
    return [hop.edge.id for hop in reversed(hops)]


# ------------------------------------------------------------------------------------------------ strangers
@network_pages.get("/strangers")
@gate.roles(*NETWORK_READERS)
def show_strangers() -> ResponseReturnValue:
    """Show the MAC addresses that no asset has, and behind which port each is."""
    session, actor = db.session(), signed_in()
    typed = one_line(request.args.get("q", ""), 80)
    place_id = whole_number(request.args.get("place"))
    place: Asset | None = None
    wanted = network_map.strangers(session, actor, typed)
    if place_id is not None:
        place = get_asset(actor, place_id)
        wanted = wanted.where(Station.place_id.in_(one_thing(place.id)))
    page = listing.fetch(
        session,
        wanted,
        [listing.Key(Station.last_seen_at, "last_seen_at", True), listing.Key(Station.id, "id", True)],
        after=request.args.get("after"),
        before=request.args.get("before"),
    )
    return render("network/strangers.html", page=page, q=typed, place=place)
