"""What every page knows: who is looking, the navigation, the product's name, fresh keys for forms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, request
from flask_babel import Babel, get_locale

from itsm.infra.settings import Settings
from itsm.infra.unit import clock
from itsm.kernel.actor import Actor, Role
from itsm.kernel.text import initials
from itsm.web import nav, texts
from itsm.web.idempotency import new_key
from itsm.web.identity import current_actor

LANGUAGES = {"en": "English", "de": "Deutsch"}
PREFERENCES = "itsm.preferences"
UNREAD = "itsm.unread"
"""Where the page finds how much the asker has not read: a callable of the actor."""
UNREAD_OF = "itsm.unread_of"
"""Where the room of notifications leaves the number as a subquery of a person's id, for whoever finds out who asks."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """How a person wants to see things."""

    language: str = "en"
    time_zone: str = "UTC"
    theme: str = "auto"


@dataclass(frozen=True, slots=True)
class Me:
    """The person who looks, as templates see him."""

    actor: Actor
    preferences: Preferences
    name: str
    initials: str

    @property
    def roles(self) -> frozenset[Role]:
        """Return the roles."""
        return self.actor.roles

    @property
    def theme(self) -> str:
        """Return ``auto``, ``light`` or ``dark``."""
        return self.preferences.theme

    @property
    def language(self) -> str:
        """Return the language code."""
        return self.preferences.language

    def has(self, *names: str) -> bool:
        """Say whether the person has one of these roles, given by value (``technician``)."""
        return self.actor.has(*(Role(name) for name in names))

    def can(self, permission: str) -> bool:
        """Say whether a permission (``asset:edit``) is open to this person's role, for showing or hiding a control.

        The service asks again with the thing at hand; this is only for the eye.
        """
        asked = current_app.extensions.get("itsm.permissions", {}).get(permission)
        return bool(asked and asked(self.actor))


def preferences() -> Preferences:
    """Return how the asker wants to see things; the browser's wish where nobody signed in."""
    chosen: Preferences | None = g.get("preferences")
    if chosen is None:
        find: Callable[[Actor], Preferences] | None = current_app.extensions.get(PREFERENCES)
        actor = current_actor()
        if find is not None and actor.is_signed_in:
            chosen = find(actor)
        else:
            chosen = Preferences(language=request.accept_languages.best_match(list(LANGUAGES)) or "en")
        g.preferences = chosen
    return chosen


def register(app: Flask, settings: Settings) -> None:
    """Add languages and the common template context."""
    Babel(
        app,
        locale_selector=lambda: preferences().language if request else "en",
        timezone_selector=lambda: preferences().time_zone if request else "UTC",
    )
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        texts.plain, texts.plain_plural, newstyle=True, pgettext=texts.plain_in, npgettext=texts.plain_plural_in
    )

    @app.context_processor
    def common() -> dict[str, Any]:
        return {
            "me": _me(),
            "nav": _Lazy(lambda: nav.shown(app, current_actor(), "desk")),
            "portal_nav": _Lazy(lambda: nav.shown(app, current_actor(), "portal")),
            "product_name": _product_name(app),
            "now": clock().now(),
            "new_key": new_key,
            "settings": settings,
            "locale": str(get_locale() or "en"),
            "text_direction": getattr(get_locale(), "text_direction", "ltr"),
            "unread_count": lambda: _unread(app),
        }


def _me() -> Me | None:
    actor = current_actor()
    if not actor.is_signed_in:
        return None
    return Me(actor, preferences(), actor.name, initials(actor.name))


def _product_name(app: Flask) -> str:
    find: Callable[[], str] | None = app.extensions.get("itsm.product_name")
    return (find() if find else "") or "itsm"


def _unread(app: Flask) -> int:
    find: Callable[[Actor], int] | None = app.extensions.get(UNREAD)
    return find(current_actor()) if find and current_actor().is_signed_in else 0


class _Lazy:
    """A value computed only by the templates that use it: fragments do not pay for the navigation."""

    def __init__(self, compute: Callable[[], Any]) -> None:
        self._compute = compute
        self._value: Any = None
        self._done = False

    def _get(self) -> Any:
        if not self._done:
            self._value, self._done = self._compute(), True
        return self._value

    def __iter__(self) -> Any:
        return iter(self._get())

    def __bool__(self) -> bool:
        return bool(self._get())

    def __len__(self) -> int:
        return len(self._get())
