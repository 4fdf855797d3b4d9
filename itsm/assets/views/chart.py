"""What a map shows, in words: the one source of the picture and of the table beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from flask import url_for

from itsm.assets.enums import AssetStatus
from itsm.assets.queries.network_map import Network, Node, Subnets, named
from itsm.assets.rules.graph import GATEWAYS, Edge
from itsm.assets.rules.picture import EVERYTHING, FEW, Picture
from itsm.assets.views import words
from itsm.web.filters import ago, bits
from itsm.web.texts import _, ngettext

RECENT: Final = timedelta(days=7)
MOST_SUBNETS: Final = 60
MOST_MEMBERS: Final = 240
MOST_BETWEEN: Final = 40
"""Devices of several subnets that are drawn; of more only the gateways."""
UNFOLDED: Final = 24
"""Addresses up to which no subnet is folded."""
INFERRED: Final = 0.5
MOST_CHASSIS: Final = 12
"""Chassis of a stack that are named beside it."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A node of the picture and a name in the table. ``tone`` colours it, ``state`` says the same in a word."""

    id: str
    name: str
    kind: str
    kind_word: str
    state: str
    tone: str
    href: str = ""
    tag: str = ""
    seen: str = ""
    cuts: int = 0
    root: bool = False
    focus: str = ""
    open: str = ""
    """The address that unfolds it, for a group of hosts."""


@dataclass(frozen=True, slots=True)
class Line:
    """An edge of the picture and a row of the table. ``sure`` is one of confirmed, one_sided, placed, declared."""

    id: str
    source: str
    target: str
    source_port: str
    target_port: str
    speed: str
    sure: str
    sure_word: str
    seen: Any = ""
    says: str = ""
    """What it says beside the ports: an address, "runs on"."""


@dataclass(slots=True)
class Chart:
    """Everything a map shows, and what it leaves out."""

    dots: list[Dot] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    left_out: int = 0
    folded: int = 0
    truncated: bool = False

    def by_id(self) -> dict[str, Dot]:
        """Return the dots by id, for the table."""
        return {dot.id: dot for dot in self.dots}

    def lonely(self) -> list[Dot]:
        """Return the dots that no line touches."""
        touched = {end for line in self.lines for end in (line.source, line.target)}
        return [dot for dot in self.dots if dot.id not in touched]

    def to_json(self) -> dict[str, Any]:
        """Return the chart as plain JSON types."""
        return {
            "nodes": [asdict(dot) for dot in self.dots],
            "edges": [{**asdict(line), "seen": str(line.seen)} for line in self.lines],
            "left_out": self.left_out,
            "folded": self.folded,
        }


def chart_of(
    everything: Network,
    picture: Picture,
    *,
    cut: Mapping[int, int],
    roots: Collection[int],
    wish: Any,
    now: datetime,
) -> Chart:
    """Return the chart of cables and guests."""
    found = Chart(left_out=picture.left_out, truncated=everything.graph.truncated)
    for node_id in picture.nodes:
        node = everything.nodes[node_id]
        found.dots.append(_dot(node, wish, now, cuts=cut.get(node_id, 0), root=node_id in roots))
    for edge in picture.edges:
        found.lines.append(_line(edge, everything.speeds))
    for node_id, hosts in sorted(picture.folded.items()):
        found.folded += len(hosts)
        found.dots.append(_group(node_id, hosts, everything, wish))
        found.lines.append(_stem(str(node_id), f"hosts-{node_id}"))
    return found


def _dot(node: Node, wish: Any, now: datetime, *, cuts: int = 0, root: bool = False) -> Dot:
    state, tone = state_of(node, now)
    if node.members:
        state = " · ".join((state, ", ".join(node.members[:MOST_CHASSIS])))
    return Dot(
        id=str(node.id),
        name=node.name,
        kind=node.kind.value.replace("_", "-"),
        kind_word=words.kind_word(node.kind),
        state=state,
        tone=tone,
        href=url_for("assets.show_tab", asset_id=node.id, tab="network"),
        tag=node.tag,
        seen=str(ago(node.last_seen_at)) if node.last_seen_at else "",
        cuts=cuts,
        root=root,
        focus=url_for("network.show_map", **wish.but(focus=node.id, q="", open=[])),
    )


def state_of(node: Node, now: datetime) -> tuple[str, str]:
    """Return how an asset stands in a word, and the tone that goes with it."""
    if node.status is not AssetStatus.IN_USE:
        missing = node.status in (AssetStatus.MISSING, AssetStatus.IN_REPAIR)
        return words.status_word(node.status), "warn" if missing else "quiet"
    if node.last_seen_at is None:
        return _("never seen"), "quiet"
    if now - node.last_seen_at > RECENT:
        return _("silent"), "warn"
    return _("seen"), "good"


def _group(node_id: int, hosts: list[int], everything: Network, wish: Any) -> Dot:
    opened = [str(one) for one in (*wish.opened, node_id) if one != EVERYTHING]
    name = ngettext("%(num)s device", "%(num)s devices", len(hosts))
    return Dot(
        id=f"hosts-{node_id}",
        name=name,
        kind="hosts",
        kind_word=_("Folded devices"),
        state=_("at %(name)s", name=everything.nodes[node_id].name),
        tone="quiet",
        open=url_for("network.show_map", **wish.but(open=opened)),
    )


def _stem(source: str, target: str, says: str = "") -> Line:
    return Line(f"{source}~{target}", source, target, "", "", "", "placed", "", says=says)


def _line(edge: Edge, speeds: Mapping[tuple[int, str], int]) -> Line:
    ends = (speeds.get((edge.from_id, edge.from_port), 0), speeds.get((edge.to_id, edge.to_port), 0))
    known = [speed for speed in ends if speed]
    sure, word = sureness(edge)
    return Line(
        id=f"link-{edge.id}",
        source=str(edge.from_id),
        target=str(edge.to_id),
        source_port=edge.from_port,
        target_port=edge.to_port,
        speed=bits(min(known)) if known else "",
        sure=sure,
        sure_word=word,
        seen=ago(edge.last_seen_at) if edge.last_seen_at else "",
        says="" if edge.is_cable else _("runs on"),
    )


def sureness(edge: Edge) -> tuple[str, str]:
    """Return how sure a link is, as a style and in words."""
    if edge.source == "declared":
        return "declared", _("entered by a person")
    if edge.source == "guests":
        return "confirmed" if edge.confidence > 0.8 else "one_sided", _("told by the hypervisor")
    if edge.source == "wireless":
        return "placed", _("wireless")
    if edge.source == "fdb":
        if edge.from_port:
            return "placed", _("inferred: they hear one another")
        return "placed", _("heard there") if edge.confidence > INFERRED else _("heard there, doubtful")
    if edge.confidence > 0.8:
        return "confirmed", _("confirmed by both ends")
    return "one_sided", _("told by one end")


# ------------------------------------------------------------------------------------------------ subnets
def by_subnet(found: Subnets, wish: Any, inside: frozenset[int] | None, *, now: datetime) -> Chart:
    """Return the chart of addresses: subnets, what routes between them, and the hosts of those that are opened."""
    shown = {node.id for node in found.nodes.values() if inside is None or node.location_id in inside}
    if wish.q:
        shown &= named(found.nodes, wish.q)
    members = {subnet: {n: a for n, a in hosts.items() if n in shown} for subnet, hosts in found.members.items()}
    members = {subnet: hosts for subnet, hosts in members.items() if hosts}
    if wish.focus is not None:
        members = {subnet: hosts for subnet, hosts in members.items() if wish.focus in hosts}
    ranked = sorted(members, key=lambda subnet: (-len(members[subnet]), subnet))
    chart = Chart(left_out=max(0, len(ranked) - MOST_SUBNETS), truncated=found.truncated)
    several = Counter(node for hosts in members.values() for node in hosts)
    between = {n for n, number in several.items() if number > 1 or found.nodes[n].kind.value in GATEWAYS}
    if len(between) > MOST_BETWEEN:
        between = {node for node in between if found.nodes[node].kind.value in GATEWAYS}
    drawn: dict[int, None] = {}
    everything = EVERYTHING in wish.opened or sum(map(len, members.values())) <= UNFOLDED
    for place, subnet in enumerate(sorted(ranked[:MOST_SUBNETS])):
        hosts = members[subnet]
        name = ngettext("%(num)s address", "%(num)s addresses", sum(len(some) for some in hosts.values()))
        chart.dots.append(Dot(f"net-{place}", subnet, "network", _("Subnet"), name, "quiet", root=True))
        plain = [node for node in hosts if node not in between]
        unfold = everything or bool(wish.q) or len(plain) <= FEW
        for node in hosts:
            if (unfold or node not in plain) and len(drawn) < MOST_MEMBERS:
                drawn[node] = None
                chart.lines.append(_stem(f"net-{place}", str(node), ", ".join(hosts[node][:3])))
        folded = 0 if unfold else len(plain)
        if folded:
            chart.folded += folded
            many = ngettext("%(num)s device", "%(num)s devices", folded)
            opened = url_for("network.show_map", **wish.but(open=["all"]))
            chart.dots.append(
                Dot(
                    f"hosts-{place}",
                    many,
                    "hosts",
                    _("Folded devices"),
                    _("in %(name)s", name=subnet),
                    "quiet",
                    open=opened,
                )
            )
            chart.lines.append(_stem(f"net-{place}", f"hosts-{place}"))
    chart.dots += [_dot(found.nodes[node], wish, now) for node in drawn]
    return chart
