"""What pickers ask for while one types: JSON, a screenful, and only what the asker may see."""

from __future__ import annotations

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from itsm.infra.db import db
from itsm.kernel.actor import Role
from itsm.kernel.numbers import whole_number
from itsm.kernel.text import one_line
from itsm.tickets.queries import people, queue
from itsm.tickets.queries.wish import ALL, Wish
from itsm.tickets.views.blueprints import desk
from itsm.web import gate
from itsm.web.identity import signed_in


def _typed() -> str:
    return one_line(request.args.get("q", ""), 80)


@desk.get("/lookup/people")
@gate.roles(Role.TECHNICIAN, Role.AUDITOR)
def lookup_people() -> ResponseReturnValue:
    """Find people of the asker's organizations."""
    found = people.people_named(db.session(), signed_in(), _typed())
    return jsonify([{"value": row.id, "label": row.name, "hint": row.email or ""} for row in found])


@desk.get("/lookup/assets")
@gate.roles(Role.TECHNICIAN, Role.AUDITOR)
def lookup_assets() -> ResponseReturnValue:
    """Find assets of the asker's organizations; without words, those of the given custodian."""
    custodian = whole_number(request.args.get("custodian"))
    found = people.assets_named(db.session(), signed_in(), _typed(), custodian)
    return jsonify([{"value": row.id, "label": row.name, "hint": f"{row.tag} · {row.kind.value}"} for row in found])


@desk.get("/lookup/tickets")
@gate.roles(Role.TECHNICIAN, Role.AUDITOR)
def lookup_tickets() -> ResponseReturnValue:
    """Find tickets by number or words."""
    actor, session = signed_in(), db.session()
    wish = Wish.of({"q": _typed(), "state": ALL})
    found = people.tickets_named(session, actor, queue.conditions(actor, wish, session))
    return jsonify([{"value": row.number, "label": f"#{row.number} {row.title}", "hint": ""} for row in found])
