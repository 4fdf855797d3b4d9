"""Headers that make the browser our ally: a policy without inline script or style, and nothing framed or sniffed."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from flask_wtf.csrf import generate_csrf
from werkzeug.middleware.proxy_fix import ProxyFix

from itsm.infra.settings import Settings

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "frame-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types default htmx",
    )
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
}
"""What every answer says."""


def csrf_token() -> str:
    """Return the token that a form of this request carries; it is made once."""
    found: str | None = g.get("csrf_token")
    return found if found is not None else generate_csrf()


def register(app: Flask, settings: Settings) -> None:
    """Set cookies, host names, proxies and response headers."""
    own_host = urlsplit(settings.base_url).hostname or "localhost"
    secure = settings.base_url.startswith("https://")
    app.config.update(
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_NAME="itsm",
        TRUSTED_HOSTS=settings.trusted_hosts or [own_host, "127.0.0.1", "localhost", "[::1]"],
        MAX_CONTENT_LENGTH=(settings.upload_limit_mb * 4 + 1) * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        MAX_FORM_PARTS=1000,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=secure,
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]

    # The extension's own finds its settings anew each time; a page asks for the token in every form.
    app.jinja_env.globals["csrf_token"] = csrf_token
    app.context_processor(lambda: {"csrf_token": csrf_token})

    always = {**HEADERS, **({"Strict-Transport-Security": "max-age=31536000"} if secure else {})}
    pages = {**always, "Cache-Control": "no-store"}

    @app.after_request
    def harden(response: Response) -> Response:
        """Add what the view did not say otherwise."""
        headers = response.headers
        there = {name.lower() for name, _value in headers}
        wanted = always if request.endpoint == "static" else pages
        headers.extend([(name, value) for name, value in wanted.items() if name.lower() not in there])
        return response


def local_path(wanted: str | None, otherwise: str = "/") -> str:
    """Return ``wanted`` when it is a path on this site, else ``otherwise`` (open redirects end here)."""
    if not wanted or not wanted.startswith("/") or wanted[1:2] in ("/", "\\"):
        return otherwise
    if any(ord(letter) < 33 or letter == "\\" for letter in wanted):
        return otherwise
    parts = urlsplit(wanted)
    return otherwise if parts.scheme or parts.netloc else wanted
