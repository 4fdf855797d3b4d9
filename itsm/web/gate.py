"""The gate: every route says who may knock, and an undeclared route keeps the application from starting.

The gate looks at the role only; whether *this* person may see or change *this* thing is the business of queries and
policies,
which every other door passes too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import Flask, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itsm.kernel.actor import Role
from itsm.kernel.errors import Forbidden
from itsm.web.htmx import htmx
from itsm.web.identity import current_actor

View = TypeVar("View", bound=Callable[..., Any])
_MARK = "__access__"


@dataclass(frozen=True, slots=True)
class Access:
    """Who may knock at a route: everybody (``public``), anybody signed in, or only those with one of the ``roles``."""

    public: bool = False
    roles: frozenset[Role] = frozenset()

    def __str__(self) -> str:
        """Return the declaration in words, as the authorisation matrix prints it."""
        if self.public:
            return "public"
        return "signed in" if not self.roles else " or ".join(sorted(role.value for role in self.roles))


def public(view: View) -> View:
    """Let everybody in, also visitors who have not signed in."""
    setattr(view, _MARK, Access(public=True))
    return view


def signed_in(view: View) -> View:
    """Let in anybody who has signed in."""
    setattr(view, _MARK, Access())
    return view


def roles(*wanted: Role) -> Callable[[View], View]:
    """Let in those with one of these roles; the administrator always."""

    def declare(view: View) -> View:
        setattr(view, _MARK, Access(roles=frozenset(wanted) | {Role.ADMINISTRATOR}))
        return view

    return declare


def _call(view: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of its own that calls the view (Flask's own view is shared by every application)."""

    def called(**kw: Any) -> Any:
        return view(**kw)

    return called


def access_of(app: Flask, endpoint: str) -> Access | None:
    """Return what the route's view declares, or None where it declares nothing."""
    return getattr(app.view_functions.get(endpoint), _MARK, None)


def guard(app: Flask) -> None:
    """Refuse to start with an undeclared route, and watch every request from now on. Call after all routes are known."""
    static = app.view_functions.get("static")
    if static is not None:
        app.view_functions["static"] = public(_call(static))
    bare = sorted({rule.endpoint for rule in app.url_map.iter_rules() if access_of(app, rule.endpoint) is None})
    if bare:
        raise RuntimeError("these routes do not say who may use them (itsm.web.gate): " + ", ".join(bare))
    app.before_request(_check)


def _check() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None
    access: Access | None = getattr(current_app.view_functions.get(request.endpoint), _MARK, None)
    if access is None:
        raise Forbidden("This address is not open to anybody.")
    if access.public:
        return None
    actor = current_actor()
    if not actor.is_signed_in:
        return _to_sign_in()
    if access.roles and not actor.has(*access.roles):
        raise Forbidden("This page is for another role. An administrator can grant it to you.")
    return None


def _to_sign_in() -> ResponseReturnValue:
    wanted = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else ""
    address = url_for("accounts.sign_in") + (f"?{urlencode({'next': wanted})}" if wanted not in ("", "/") else "")
    if htmx:
        return "", 401, {"HX-Redirect": address}
    return redirect(address, 303)
