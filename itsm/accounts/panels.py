"""What other rooms know about a person (the things he holds, his open requests), without this room knowing them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Flask

from itsm.kernel.actor import Actor

EXTENSION = "itsm.person_panels"


@dataclass(frozen=True, slots=True)
class PanelRow:
    """One line of a panel."""

    title: str
    href: str
    hint: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A titled list on the page of a person; ``empty`` is said where it has no rows."""

    title: str
    rows: Sequence[PanelRow]
    empty: str = ""


Source = Callable[[Actor, int], Panel | None]
"""Called with who looks and the person's id; answers None where the looker may see nothing of it."""


def add_panel(app: Flask, source: Source) -> None:
    """Let a room show a panel on every person's page."""
    app.extensions.setdefault(EXTENSION, []).append(source)


def panels_for(app: Flask, actor: Actor, person_id: int) -> list[Panel]:
    """Return the panels that this actor may see, in the order of their rooms."""
    found = (source(actor, person_id) for source in app.extensions.get(EXTENSION, ()))
    return [panel for panel in found if panel is not None]
