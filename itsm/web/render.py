"""Pages without twins: the same template answers with the whole page, or with the one block that htmx will swap.

A refreshable part is a Jinja block inside the element whose id is the block's name. ``HX-Target: div#ticket_list``
then gets
``{% block ticket_list %}`` alone.
"""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Response, current_app, make_response, request
from flask.templating import render_template

from itsm.web.htmx import htmx


def render(template: str, *, block: str | None = None, status: int = 200, **context: Any) -> Response:
    """Return the page, or the targeted block of it.

    ``block`` names the one block that may be asked for alone; without it any block of the template may.
    """
    wanted = htmx.target if htmx.is_partial else None
    page = current_app.jinja_env.get_or_select_template(template)
    if wanted and wanted in page.blocks and block in (None, wanted):
        body = _block(page, wanted, context)
    else:
        body = render_template(page, **context)
    response = make_response(body, status)
    response.vary.update(("HX-Request", "HX-Target"))
    return response


def _block(page: Any, name: str, context: dict[str, Any]) -> str:
    current_app.update_template_context(context)
    scope = page.new_context(context)
    return "".join(page.blocks[name](scope))


def fresh(response: Response, *parts: Any) -> Response:
    """Mark a response with an ETag made of ``parts`` (who asks belongs in it) or, where the asker has it, answer 304."""
    seal = hashlib.sha256("\x1f".join(map(str, (*parts, htmx.target or ""))).encode()).hexdigest()[:32]
    response.set_etag(seal)
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(request)
    return response


def unchanged(*parts: Any) -> Response | None:
    """Return a 304 when the asker already has what ``parts`` describe, so that nothing needs to be read or rendered."""
    response = fresh(make_response(""), *parts)
    return response if response.status_code == 304 else None
