"""flask-htmx for htmx 4, whose request headers changed: HX-Source for HX-Trigger, and ``tag#id`` in HX-Target."""

from __future__ import annotations

from flask import request
from flask_htmx import HTMX


class Htmx(HTMX):  # type: ignore[misc]
    """flask-htmx that understands htmx 4."""

    @property
    def target(self) -> str | None:
        """Return the id of the element that will be swapped, without its tag name."""
        return _identifier(request.headers.get("HX-Target"))

    @property
    def trigger(self) -> str | None:
        """Return the id of the element that sent the request."""
        return _identifier(request.headers.get("HX-Source"))

    @property
    def is_partial(self) -> bool:
        """Say whether a fragment is wanted (htmx sends ``full`` for boosted pages and history)."""
        return bool(self) and request.headers.get("HX-Request-Type", "partial") == "partial"


def _identifier(header: str | None) -> str | None:
    return None if header is None else header.rpartition("#")[2] or None


htmx = Htmx()
