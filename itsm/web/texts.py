"""gettext with types: texts of the interface, in the reader's language, as plain ``str``."""

from __future__ import annotations

from typing import Any

import flask_babel


def _(message: str, **values: Any) -> str:
    """Return the text in the reader's language, with its values filled in."""
    return str(flask_babel.gettext(message, **values))


def ngettext(singular: str, plural: str, num: int, **values: Any) -> str:
    """Return the form of the text that suits the number; ``%(num)s`` is the number."""
    return str(flask_babel.ngettext(singular, plural, num, **values))
