"""Static files: addresses with a content hash, integrity of what is vendored, icons from one sprite."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, current_app, g, has_request_context, request, url_for
from markupsafe import Markup


def register(app: Flask) -> None:
    """Add ``asset_url``, ``asset_integrity`` and ``icon`` to the templates, and let browsers keep hashed files."""
    app.jinja_env.globals.update(asset_url=asset_url, asset_integrity=asset_integrity, icon=icon)

    @app.after_request
    def keep(response: Response) -> Response:
        if request.endpoint == "static" and "v" in request.args and response.status_code == 200:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


@lru_cache(maxsize=256)
def _digest(path: str, _changed: float) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:8]


@lru_cache(maxsize=256)
def _seen(path: str) -> str:
    file = Path(path)
    return _digest(path, file.stat().st_mtime) if file.is_file() else "0"


def asset_url(name: str) -> str:
    """Return the address of a static file; it changes when the content does."""
    if current_app.debug:
        return _addressed(name)
    known: dict[tuple[str | None, str], str] = current_app.extensions.setdefault("itsm.asset_urls", {})
    key = (request.script_root if has_request_context() else None, name)
    if key not in known:
        known[key] = _addressed(name)
    return known[key]


def _addressed(name: str) -> str:
    path = str(Path(current_app.static_folder or "") / name)
    seal = _seen(path) if not current_app.debug else _digest(path, Path(path).stat().st_mtime)
    return url_for("static", filename=name, v=seal)


@lru_cache(maxsize=1)
def _vendored(folder: str) -> dict[str, str]:
    listed = Path(folder) / "vendor" / "vendor.json"
    if not listed.is_file():
        return {}
    return {row["file"]: row["sha384"] for row in json.loads(listed.read_text(encoding="utf-8"))}


def asset_integrity(name: str) -> str:
    """Return the ``integrity`` value of a vendored file (``vendor/…``), or an empty text."""
    return _vendored(current_app.static_folder or "").get(name, "")


def icon(name: str, size: int = 16, label: str = "") -> Markup:
    """Return an icon of the sprite. Without ``label`` it is decoration and hidden from screen readers."""
    return _drawn(name, size, label, _sprite())


def settled_icon() -> Callable[..., Markup]:
    """Return :func:`icon` for the sprite as it is now: for templates that are compiled with its address."""
    sprite = asset_url("icons.svg")

    def icon(name: str, size: int = 16, label: str = "") -> Markup:
        return _drawn(name, size, label, sprite)

    return icon


def _sprite() -> str:
    """Return the sprite's address, found once a request: a page shows a hundred icons."""
    found: str | None = g.get("sprite_address")
    if found is None:
        found = g.sprite_address = asset_url("icons.svg")
    return found


@lru_cache(maxsize=2048)
def _drawn(name: str, size: int, label: str, sprite: str) -> Markup:
    aria = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    # A list shows two hundred: what the style sheet knows (16 pixels) is not said each time.
    box = "" if size == 16 else Markup(' width="{0}" height="{0}"').format(size)
    return Markup('<svg class="icon"{} {}><use href="{}#{}"/></svg>').format(box, aria, sprite, name)
