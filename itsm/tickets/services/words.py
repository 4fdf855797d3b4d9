"""From what was typed to what is kept: the source as it came, and the markup that pages may show."""

from __future__ import annotations

from markupsafe import Markup

from itsm.infra.markup import References, from_markdown

_REFERENCES = References(ticket=lambda number: f"/t/{number}")


def rendered(source: str) -> Markup:
    """Return text as safe markup. ``#1042`` becomes a link that works for whoever may see that ticket."""
    return from_markdown(source, _REFERENCES)
