"""flask-htmx for htmx 4, whose request headers changed: HX-Source for HX-Trigger, and ``tag#id`` in HX-Target."""

from __future__ import annotations

from urllib.parse import urldefrag, urljoin

from flask import Flask, Response, request
from flask_htmx import HTMX


class Htmx(HTMX):  # type: ignore[misc]
    """flask-htmx that understands htmx 4."""

    def init_app(self, app: Flask) -> None:
        """Add ``htmx`` to the templates, and let redirects leave the page also where a fragment was asked for."""
        super().init_app(app)
        app.after_request(_navigate)

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


def _navigate(response: Response) -> Response:
    """Turn the redirect of an htmx request into a navigation.

    fetch follows redirects by itself, and the page behind one would land inside the element that asked. A redirect
    to the page that is already shown reloads it, because a changed fragment alone would not.
    """
    if htmx.is_partial and response.status_code in (301, 302, 303, 307, 308):
        wanted = response.headers.pop("Location")
        here, there = htmx.current_url or "", urljoin(request.url, wanted)
        if urldefrag(here).url == urldefrag(there).url:
            response.headers["HX-Refresh"] = "true"
        else:
            response.headers["HX-Redirect"] = wanted
        response.status_code = 204
        response.set_data(b"")
    return response


def _identifier(header: str | None) -> str | None:
    return None if header is None else header.rpartition("#")[2] or None


htmx = Htmx()
