"""What other rooms know about whether two assets are one thing: this room knows no keys and no sightings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Flask, current_app

from itsm.assets.models import Asset
from itsm.kernel.actor import Actor

EXTENSION = "itsm.asset_comparers"


@dataclass(frozen=True, slots=True)
class Proof:
    """One kind of evidence on both sides. ``verdict`` is ``agree``, ``contradict`` or ``silent`` (one side has none)."""

    label: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    verdict: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Comparer:
    """``proofs(left, right)`` compares two assets; ``likely(actor, asset)`` names ids that may be the same thing."""

    proofs: Callable[[Asset, Asset], Sequence[Proof]]
    likely: Callable[[Actor, Asset], Sequence[int]]


def add_comparer(app: Flask, comparer: Comparer) -> None:
    """Add what another room knows."""
    app.extensions.setdefault(EXTENSION, []).append(comparer)


def comparers() -> Sequence[Comparer]:
    """Return what other rooms added."""
    found: Sequence[Comparer] = current_app.extensions.get(EXTENSION, ())
    return found
