"""What other rooms add to an asset's page: tabs, and doors of a disagreement. This room knows neither of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, current_app
from markupsafe import Markup

from itsm.assets.models import Asset
from itsm.kernel.actor import Actor

EXTENSION = "itsm.asset_tabs"
DOORS = "itsm.disagreement_doors"


@dataclass(frozen=True, slots=True)
class AssetTab:
    """A tab at ``/assets/<id>/<key>``. ``content(actor, asset)`` returns the markup below the tabs.

    ``shown`` says whether the actor gets the tab at all; everybody who may see the asset does where it is None.
    """

    key: str
    label: str
    icon: str
    content: Callable[[Actor, Asset], Markup]
    order: int = 50
    shown: Callable[[Actor], bool] | None = None


def add_tab(app: Flask, tab: AssetTab) -> None:
    """Add a tab to every asset's page. Raises ValueError for a key that is taken."""
    tabs: dict[str, AssetTab] = app.extensions.setdefault(EXTENSION, {})
    if tab.key in tabs:
        raise ValueError(f"two tabs of an asset are called {tab.key!r}")
    tabs[tab.key] = tab


def tabs_for(actor: Actor) -> list[AssetTab]:
    """Return the added tabs that the actor gets, in order."""
    tabs: dict[str, AssetTab] = current_app.extensions.get(EXTENSION, {})
    mine = [tab for tab in tabs.values() if tab.shown is None or tab.shown(actor)]
    return sorted(mine, key=lambda tab: (tab.order, tab.label))


@dataclass(frozen=True, slots=True)
class DisagreementDoor:
    """A further thing to do about a disagreement: a POST to ``endpoint`` with its id and version."""

    label: str
    endpoint: str
    icon: str
    shown: Callable[[Actor], bool]


def add_disagreement_door(app: Flask, door: DisagreementDoor) -> None:
    """Add something that can be done about a disagreement."""
    app.extensions.setdefault(DOORS, []).append(door)


def disagreement_doors(actor: Actor) -> list[DisagreementDoor]:
    """Return what the actor can do about a disagreement besides deciding it."""
    return [door for door in current_app.extensions.get(DOORS, ()) if door.shown(actor)]
