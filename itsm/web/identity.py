"""Who is asking: the actor of the request, found once, by whoever the composition root named."""

from __future__ import annotations

from collections.abc import Callable

from flask import current_app, g, has_request_context, request

from itsm.kernel.actor import Actor
from itsm.kernel.errors import Forbidden

Identify = Callable[[], Actor | None]
KEY = "itsm.identify"


def current_actor() -> Actor:
    """Return the actor of this request; anonymous where nobody signed in."""
    if not has_request_context():
        return Actor.anonymous()
    actor: Actor | None = g.get("actor")
    if actor is None:
        identify: Identify | None = current_app.extensions.get(KEY)
        found = identify() if identify is not None else None
        actor = g.actor = found if found is not None else Actor.anonymous(address=request.remote_addr)
    return actor


def signed_in() -> Actor:
    """Return the actor of this request. Raises Forbidden where nobody signed in (the gate asks for it earlier)."""
    actor = current_actor()
    if not actor.is_signed_in:
        raise Forbidden("Please sign in first.")
    return actor
