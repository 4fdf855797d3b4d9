"""The macros of templates/ui, all under the one name ``ui``: ``{{ ui.button(_("Save")) }}``.

A block that is rendered alone (see :mod:`itsm.web.render`) does not run the imports at the head of its template;
a global name works in a page and in its blocks alike.
"""

from __future__ import annotations

from typing import Any

from flask import Flask
from jinja2 import Environment
from jinja2.runtime import Macro

FOLDER = "ui/"


class Macros:
    """Finds a macro by its name, whichever file under templates/ui it is in."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._home: dict[str, str] = {}

    def __getattr__(self, name: str) -> Macro:
        """Return the macro. Raises AttributeError where no file has it."""
        if not self._home:
            self._home.update(self._collect())
        if name not in self._home:
            raise AttributeError(name)
        found: Macro = getattr(self._environment.get_template(self._home[name]).module, name)
        return found

    def _collect(self) -> dict[str, str]:
        """Return the file of each macro. Raises ValueError where two files use one name."""
        home: dict[str, str] = {}
        for file in self._environment.list_templates(filter_func=lambda path: path.startswith(FOLDER)):
            members: dict[str, Any] = vars(self._environment.get_template(file).module)
            for name in [n for n, member in members.items() if isinstance(member, Macro)]:
                if home.setdefault(name, file) != file:
                    raise ValueError(f"{home[name]} and {file} both have a macro {name!r}")
        return home


def register(app: Flask) -> None:
    """Add ``ui`` to the templates of the application."""
    app.jinja_env.globals["ui"] = Macros(app.jinja_env)
