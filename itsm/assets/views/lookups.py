"""What pickers ask for while one types: JSON, a screenful, and only what the asker may see."""

from __future__ import annotations

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from itsm.assets.queries import pick
from itsm.assets.queries.forms import people_named
from itsm.assets.views import words
from itsm.assets.views.blueprints import READERS, WRITERS, register_pages
from itsm.infra.db import db
from itsm.kernel.text import one_line
from itsm.web import gate
from itsm.web.identity import signed_in


def _typed() -> str:
    return one_line(request.args.get("q", ""), 80)


@register_pages.get("/pick")
@gate.signed_in
def pick_assets() -> ResponseReturnValue:
    """Find assets that the asker may see, by tag, name, serial or address; employees find what they hold."""
    found = pick(signed_in(), _typed())
    return jsonify(
        [{"value": row.id, "label": row.name, "hint": f"{row.tag} · {words.kind_word(row.kind)}"} for row in found]
    )


@register_pages.get("/pick/people")
@gate.roles(*READERS, *WRITERS)
def pick_people() -> ResponseReturnValue:
    """Find people of the asker's organizations, as custodians and owners."""
    found = people_named(signed_in(), db.session(), _typed())
    return jsonify([{"value": row.id, "label": row.name, "hint": row.email or ""} for row in found])
