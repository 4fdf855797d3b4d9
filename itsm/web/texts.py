"""gettext with types, and quick: the reader's catalogue is found once a request, not once a text.

A page has hundreds of texts; looking for the catalogue each time cost more than all of its SQL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from functools import wraps
from gettext import NullTranslations
from typing import Any, TypeVar

import flask_babel
from flask import g, has_app_context, has_request_context

from itsm.kernel.errors import Invalid
from itsm.kernel.text import Phrase

Words = TypeVar("Words")


@dataclass(frozen=True, slots=True)
class Reader:
    """How the one who reads wants to be told things."""

    language: str
    locale: Any
    zone: tzinfo | None
    catalogue: NullTranslations
    babel: Any
    """Where Flask-Babel keeps the language of the moment; it may be forced to another in the middle of a request."""


def reader() -> Reader:
    """Return how the reader wants to be told things: found once a request, and again where the language was forced."""
    if not has_request_context():
        return _reader(None)
    held: Reader | None = g.get("reader")
    if held is None or getattr(held.babel, "babel_locale", None) is not held.locale:
        flask_babel.get_locale()
        held = g.reader = _reader(g.get("_flask_babel"))
    return held


def _reader(babel: Any) -> Reader:
    locale, zone = flask_babel.get_locale(), flask_babel.get_timezone() if has_app_context() else None
    return Reader(str(locale or "en"), locale, zone, flask_babel.get_translations(), babel)


def _catalogue() -> NullTranslations:
    return reader().catalogue


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
        language = reader().language
        if language not in told:
            told[language] = tell()
        return told[language]

    return kept


def told(sentence: str) -> str:
    """Return what a service said (a refusal, mostly) in the reader's language; what the catalogue lacks stays as it is."""
    if isinstance(sentence, Phrase):
        values = {name: told(one) if isinstance(one, Phrase) else one for name, one in sentence.values.items()}
        return _catalogue().gettext(sentence.pattern) % values
    return _catalogue().gettext(sentence) if sentence else ""


def told_all(refusal: Invalid) -> str:
    """Return everything that is wrong with an input as one text, in the reader's language."""
    sentences = [told(sentence) for some in refusal.errors.values() for sentence in some]
    return " ".join(sentences) or told(refusal.message)


def N_(message: str) -> str:  # noqa: N802 - the name that extraction tools know
    """Return the text as it is: it is translated where it is shown, and only marked for the catalogue here."""
    return message
