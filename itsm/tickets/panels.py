"""What other rooms show beside a ticket, above the queue and on the portal, without this room knowing them.

A panel loads by itself after the page: the page renders its place and its address only, so it costs no statement.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from flask import Flask, current_app

from itsm.kernel.actor import Actor

PANELS = "itsm.ticket_panels"
NOTICES = "itsm.portal_notices"


class Place(StrEnum):
    """Where a panel stands."""

    RAIL = "rail"
    """Beside one ticket; the endpoint takes its ``number``."""
    QUEUE = "queue"
    """Above the queue; the endpoint takes nothing."""


@dataclass(frozen=True, slots=True)
class TicketPanel:
    """A part of the desk's pages that another room fills.

    ``endpoint`` is a whole page with a block called ``key``; the panel is that block, and without script a link that
    says ``label`` leads to the page.
    """

    key: str
    label: str
    endpoint: str
    place: Place = Place.RAIL
    order: int = 50
    shown: Callable[[Actor], bool] | None = None


@dataclass(frozen=True, slots=True)
class PortalNotice:
    """What employees should know before they ask. ``join_url`` takes a POST of who is hit too; None: nothing to join."""

    text: str
    join_url: str | None = None
    joined: bool = False


NoticeSource = Callable[[Actor], Sequence[PortalNotice]]


def add_ticket_panel(app: Flask, panel: TicketPanel) -> None:
    """Add a panel to the desk's pages. Raises ValueError for a key that is taken."""
    panels: dict[str, TicketPanel] = app.extensions.setdefault(PANELS, {})
    if panel.key in panels:
        raise ValueError(f"two panels of a ticket are called {panel.key!r}")
    panels[panel.key] = panel


def ticket_panels(actor: Actor, place: Place) -> list[TicketPanel]:
    """Return the panels that the actor gets at a place, in order."""
    panels: dict[str, TicketPanel] = current_app.extensions.get(PANELS, {})
    mine = [one for one in panels.values() if one.place is place and (one.shown is None or one.shown(actor))]
    return sorted(mine, key=lambda one: (one.order, one.key))


def add_notices(app: Flask, source: NoticeSource) -> None:
    """Let a room say something on the portal's home and above its report form."""
    app.extensions.setdefault(NOTICES, []).append(source)


def portal_notices(actor: Actor) -> list[PortalNotice]:
    """Return what the employee should know now."""
    sources: list[NoticeSource] = current_app.extensions.get(NOTICES, [])
    return [notice for source in sources for notice in source(actor)]
