"""Events: facts in the past tense, frozen, told to the house in the transaction that made them true."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The base of all events.

    ``name`` is the stable wire name (``ticket.resolved``); fields hold ids and plain values only, so that an event
    survives in a queue and across versions.
    """

    name: ClassVar[str] = ""
    at: datetime
    actor_id: int | None = None
