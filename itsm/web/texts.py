"""gettext with types, and quick: the reader's catalogue is found once a request, not once a text.

A page has hundreds of texts; looking for the catalogue each time cost more than all of its SQL.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from gettext import NullTranslations
from typing import Any, TypeVar

import flask_babel
from flask import g, has_request_context

Words = TypeVar("Words")


def _catalogue() -> NullTranslations:
    if not has_request_context():
        found: NullTranslations = flask_babel.get_translations()
        return found
    locale = flask_babel.get_locale()
    held: tuple[Any, NullTranslations] | None = g.get("catalogue")
    if held is None or held[0] is not locale:
        held = g.catalogue = (locale, flask_babel.get_translations())
    return held[1]


def _(message: str, **values: Any) -> str:
    """Return the text in the reader's language, with its values filled in."""
    text = _catalogue().gettext(message)
    return text % values if values else text


def ngettext(singular: str, plural: str, num: int, **values: Any) -> str:
    """Return the form of the text that suits the number; ``%(num)s`` is the number."""
    return _catalogue().ngettext(singular, plural, num) % {"num": num, **values}


def plain(message: str) -> str:
    """Return a text for templates, which fill in values themselves."""
    return _catalogue().gettext(message)


def plain_plural(singular: str, plural: str, num: int) -> str:
    """Return the right form of a text for templates, which fill in values themselves."""
    return _catalogue().ngettext(singular, plural, num)


def plain_in(context: str, message: str) -> str:
    """Return a text for templates by its context."""
    return _catalogue().pgettext(context, message)


def plain_plural_in(context: str, singular: str, plural: str, num: int) -> str:
    """Return the right form of a text for templates by its context."""
    return _catalogue().npgettext(context, singular, plural, num)


def once_a_language(tell: Callable[[], Words]) -> Callable[[], Words]:
    """Keep what a function without arguments tells, for each language: tables of words, asked for once a row.

    The catalogues live as long as the process, and so does this. The callers share the table and leave it as it is.
    """
    told: dict[str, Words] = {}

    @wraps(tell)
    def kept() -> Words:
        language = str(flask_babel.get_locale())
        if language not in told:
            told[language] = tell()
        return told[language]

    return kept


def N_(message: str) -> str:  # noqa: N802 - the name that extraction tools know
    """Return the text as it is: it is translated where it is shown, and only marked for the catalogue here."""
    return message
