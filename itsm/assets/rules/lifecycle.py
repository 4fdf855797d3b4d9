"""The status life cycle: what may follow what. Nothing revives by itself."""

from __future__ import annotations

from typing import Final

from itsm.assets.enums import AssetStatus
from itsm.kernel.errors import RuleBroken
from itsm.kernel.text import Phrase, phrase

S = AssetStatus
ENDED: Final = frozenset({S.RETIRED, S.DISPOSED})
"""Statuses in which an asset is no longer part of the estate."""
OUT_OF_SIGHT: Final = ENDED | {S.MISSING}
"""Statuses in which an asset that answers on the network is news."""

_LIVE: Final = frozenset({S.IN_STOCK, S.RESERVED, S.IN_USE, S.IN_REPAIR, S.IN_TRANSIT, S.MISSING, S.RETIRED})
STEPS: Final[dict[AssetStatus, frozenset[AssetStatus]]] = {
    S.ON_ORDER: frozenset({S.IN_STOCK, S.IN_TRANSIT, S.IN_USE, S.DISPOSED}),
    S.IN_STOCK: _LIVE,
    S.RESERVED: _LIVE,
    S.IN_USE: _LIVE,
    S.IN_REPAIR: _LIVE,
    S.IN_TRANSIT: _LIVE,
    S.MISSING: _LIVE | {S.DISPOSED},
    S.RETIRED: frozenset({S.IN_STOCK, S.IN_USE, S.DISPOSED, S.MISSING}),
    S.DISPOSED: frozenset(),
}


def step(before: AssetStatus, after: AssetStatus) -> AssetStatus:
    """Return ``after`` when it may follow ``before``. Raises RuleBroken otherwise."""
    if after is before or after in STEPS[before]:
        return after
    raise RuleBroken(
        phrase(
            "An asset that is %(before)s cannot become %(after)s.",
            before=words(before),
            after=words(after),
        )
    )


_WORDS: Final = {
    S.ON_ORDER: phrase("on order"),
    S.IN_STOCK: phrase("in stock"),
    S.RESERVED: phrase("reserved"),
    S.IN_USE: phrase("in use"),
    S.IN_REPAIR: phrase("in repair"),
    S.IN_TRANSIT: phrase("in transit"),
    S.MISSING: phrase("missing"),
    S.RETIRED: phrase("retired"),
    S.DISPOSED: phrase("disposed"),
}


def words(status: AssetStatus) -> Phrase:
    """Return a status as words ("in stock")."""
    return _WORDS[status]
