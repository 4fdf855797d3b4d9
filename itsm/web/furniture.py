"""The parts of the frame that are the same on every page of a person: navigation, command palette, keyboard help.

They are made of the navigation alone (what a set of roles sees, in one language, with one entry active), so each is kept
by exactly that: another navigation, language or mount point is another key, and nothing has to be forgotten. They are
macros, which see no page, no person and no token.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask import Flask
from jinja2 import Environment, pass_environment

from itsm.web.nav import Shown

MACROS = "layout/furniture.html"


def register(app: Flask) -> None:
    """Add ``furniture`` to the templates."""
    app.jinja_env.globals["furniture"] = furniture


@pass_environment
def furniture(environment: Environment, name: str, nav: Any) -> str:
    """Return a part of the frame (``side``, ``palette`` or ``help``) for a navigation."""
    if environment.auto_reload:
        return _made(environment, name, tuple(nav))
    return _kept(environment, name, tuple(nav))


def _made(environment: Environment, name: str, nav: tuple[Shown, ...]) -> str:
    macro: Any = getattr(environment.get_template(MACROS).module, name)
    return macro(nav)  # type: ignore[no-any-return]


_kept = lru_cache(maxsize=512)(_made)
