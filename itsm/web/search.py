"""One search over everything: each room adds a searcher that knows what its own readers may see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Flask, current_app, redirect, request
from flask.typing import ResponseReturnValue

from itsm.kernel.actor import Actor
from itsm.kernel.text import one_line
from itsm.web import gate
from itsm.web.identity import signed_in
from itsm.web.render import render

EXTENSION = "itsm.searchers"
LONGEST = 200
ON_PAGE, IN_PALETTE = 20, 5


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found. ``kind`` is the word for its sort, in the reader's language."""

    kind: str
    title: str
    href: str
    hint: str = ""
    icon: str = "search"


Searcher = Callable[[Actor, str, int], Sequence[Hit]]
"""Called with who asks, the words and how many hits at most; answers only what this actor may see, best first."""


def add_searcher(app: Flask, searcher: Searcher) -> None:
    """Let a room take part in the search, after those that were added before it."""
    app.extensions.setdefault(EXTENSION, []).append(searcher)


def found(actor: Actor, words: str, limit: int) -> list[list[Hit]]:
    """Return the hits by room, without the rooms that found nothing; nothing for no words."""
    if not words:
        return []
    answers = (list(search(actor, words, limit))[:limit] for search in current_app.extensions.get(EXTENSION, ()))
    return [hits for hits in answers if hits]


def register(app: Flask) -> None:
    """Add the page and the fragment of the command palette."""
    app.add_url_rule("/search", "search", _page)
    app.add_url_rule("/search/palette", "search_palette", _palette)


def _words() -> str:
    return one_line(request.args.get("q", ""), LONGEST)


@gate.signed_in
def _page() -> ResponseReturnValue:
    """Show what was found; a single hit is opened at once where one asks for it (``go=1``)."""
    words = _words()
    groups = found(signed_in(), words, ON_PAGE)
    if request.args.get("go") == "1" and len(groups) == 1 and len(groups[0]) == 1:
        return redirect(groups[0][0].href, 303)
    return render("search.html", words=words, groups=groups, most=ON_PAGE)


@gate.signed_in
def _palette() -> ResponseReturnValue:
    """Answer the command palette."""
    return render("search_palette.html", groups=found(signed_in(), _words(), IN_PALETTE))
