"""The global ``ui`` of templates: every macro of ``templates/ui/`` under one name, in pages and in blocks rendered
alone."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment

FOLDER = "ui/"


class Components:
    """All macros, loaded at the first use. Two macros of one name are a mistake and are told at once."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._loaded = False

    def __getattr__(self, name: str) -> Any:
        """Return a macro by its name. Raises AttributeError for one that is not there."""
        if name.startswith("_"):
            raise AttributeError(name)
        if not self._loaded:
            self._load()
        try:
            return vars(self)[name]
        except KeyError:
            raise AttributeError(f"no macro in templates/ui is called {name!r}") from None

    def _load(self) -> None:
        environment = self._environment
        found: dict[str, Any] = {}
        for template in environment.list_templates(filter_func=lambda n: n.startswith(FOLDER) and n != "ui/toast.html"):
            for name, macro in vars(environment.get_template(template).module).items():
                if not callable(macro):
                    continue
                if name in found:
                    raise RuntimeError(f"two macros in templates/ui are called {name!r}")
                found[name] = macro
        vars(self).update(found)  # from now on they are ordinary attributes
        self._loaded = True
