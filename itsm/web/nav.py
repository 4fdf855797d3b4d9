"""Navigation: features add their items; each person sees those that his roles open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, request, url_for

from itsm.kernel.actor import Actor, Role
from itsm.web.texts import _, reader


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the main navigation. ``section`` is a URL prefix that makes the entry active.

    ``shell`` says where it appears: ``desk`` (technicians and staff) or ``portal`` (employees). ``count`` may give a
    number
    to show; it must be cheap (no statement of its own where that can be had).
    """

    label: str
    endpoint: str
    icon: str
    section: str
    roles: frozenset[Role] = frozenset()
    group: str = ""
    order: int = 50
    shell: str = "desk"
    count: Callable[[Actor], int | None] | None = None
    shortcut: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A navigation item as one person sees it on one page."""

    label: str
    href: str
    icon: str
    active: bool
    count: int | None
    group: str
    shortcut: str


def add(app: Flask, *items: NavItem) -> None:
    """Add items to the application's navigation."""
    app.extensions.setdefault("itsm.nav", []).extend(items)


def _href(app: Flask, endpoint: str) -> str:
    """Return the address of an entry. It never changes under one root, so it is built once and not on every page."""
    known: dict[tuple[str, str], str] = app.extensions.setdefault("itsm.nav_hrefs", {})
    key = (request.script_root, endpoint)
    if key not in known:
        if len(known) > 500:
            known.clear()
        known[key] = url_for(endpoint)
    return known[key]


def _below(section: str) -> str:
    """Return how the address of a page of this section begins; a home at the root has no pages below."""
    return f"{section}/" if section != "/" else "//"


def shown(app: Flask, actor: Actor, shell: str = "desk") -> list[Shown]:
    """Return what this person sees, in order, with the active entry marked."""
    mine, path = _mine(app, actor, shell), request.path
    best = max(
        (i.section for i in mine if path == i.section or path.startswith(_below(i.section))),
        key=len,
        default=None,
    )
    known: dict[tuple[Any, ...], list[Shown]] = app.extensions.setdefault("itsm.nav_shown", {})
    key = (actor.roles, actor.is_house, shell, request.script_root, reader().language, best)
    found = known.get(key)
    if found is None:
        found = [
            Shown(
                label=_(i.label),
                href=_href(app, i.endpoint),
                icon=i.icon,
                active=i.section == best,
                count=i.count(actor) if i.count else None,
                group=_(i.group) if i.group else "",
                shortcut=i.shortcut,
            )
            for i in mine
        ]
        if not any(i.count for i in mine):  # numbers are of the moment
            if len(known) > 500:
                known.clear()
            known[key] = found
    return found


def _mine(app: Flask, actor: Actor, shell: str) -> list[NavItem]:
    """Return the entries that the actor's roles open, in order. Entries are added while the application is built only."""
    known: dict[tuple[Any, ...], list[NavItem]] = app.extensions.setdefault("itsm.nav_of_roles", {})
    key = (actor.roles, actor.is_house, shell)
    if key not in known:
        items: list[NavItem] = sorted(app.extensions.get("itsm.nav", []), key=lambda item: (item.order, item.label))
        known[key] = [i for i in items if i.shell == shell and (not i.roles or actor.has(*i.roles, Role.ADMINISTRATOR))]
    return known[key]
