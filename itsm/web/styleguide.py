"""The style guide: every component in every state, on one page, in development only."""

from __future__ import annotations

from flask import Blueprint, Flask, render_template
from flask.typing import ResponseReturnValue

from itsm.web import gate

bp = Blueprint("styleguide", __name__)


@bp.get("/styleguide")
@gate.public
def index() -> ResponseReturnValue:
    """Show every component."""
    return render_template("styleguide.html")


def register(app: Flask) -> None:
    """Add the page; the composition root calls this in development only."""
    app.register_blueprint(bp)
