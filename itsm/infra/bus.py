"""The bus: who listens to which fact.

Inline subscribers run in the transaction that told the fact, on their own tables. Deferred subscribers run on the job
engine; their job is enqueued in the same transaction, so the fact and its consequences stand or fall together. A
deferred subscriber gets a delivery id and must be idempotent by it: jobs run at least once.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from itsm.kernel.events import Event

DELIVER = "bus.deliver"
Inline = Callable[[Any], None]
Deferred = Callable[[Any, str], None]
Enqueue = Callable[[Session, str, Sequence[dict[str, Any]]], object]


@lru_cache(maxsize=512)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


@dataclass(frozen=True, slots=True)
class _Deferral:
    name: str
    kinds: tuple[type[Event], ...]
    handler: Deferred


class Bus:
    """Subscriptions by event class. One a running application; filled by the composition root."""

    def __init__(self, enqueue: Enqueue | None = None) -> None:
        self._enqueue = enqueue
        self._inline: dict[type[Event], list[Inline]] = {}
        self._deferred: dict[str, _Deferral] = {}
        self._kinds: dict[str, type[Event]] = {}

    def inline(self, kind: type[Event], handler: Inline) -> None:
        """Call ``handler(event)`` in the telling transaction."""
        self._kinds[kind.name] = kind
        self._inline.setdefault(kind, []).append(handler)

    def deferred(self, name: str, handler: Deferred, *kinds: type[Event]) -> None:
        """Call ``handler(event, delivery_id)`` later, on the job engine. ``name`` is stored: keep it stable."""
        if name in self._deferred:
            raise ValueError(f"two subscribers are called {name!r}")
        for kind in kinds:
            self._kinds[kind.name] = kind
        self._deferred[name] = _Deferral(name, kinds, handler)

    def tell(self, session: Session, event: Event) -> None:
        """Run the inline subscribers and enqueue the deferred ones, in the session's transaction."""
        for handler in self._inline.get(type(event), ()):
            handler(event)
        waiting = [deferral.name for deferral in self._deferred.values() if type(event) in deferral.kinds]
        if waiting and self._enqueue is not None:
            data = _adapter(cast(Any, type(event))).dump_python(event, mode="json")
            letter = {"event": event.name, "data": data}
            letters = [{"subscriber": name, **letter, "delivery_id": uuid.uuid4().hex} for name in waiting]
            self._enqueue(session, DELIVER, letters)

    def deliver(self, *, subscriber: str, event: str, data: dict[str, Any], delivery_id: str) -> None:
        """Hand one stored fact to one deferred subscriber. Raises LookupError for names this version does not know,
        so that the job is retried and ends on the dead-letter page rather than vanish."""
        deferral = self._deferred.get(subscriber)
        kind = self._kinds.get(event)
        if deferral is None or kind is None:
            raise LookupError(f"nobody is called {subscriber!r} or no event {event!r} in this version")
        deferral.handler(_adapter(cast(Any, kind)).validate_python(data), delivery_id)
