"""The demonstration's own page: the mails that the product sent, caught instead of delivered."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Flask, current_app
from flask.typing import ResponseReturnValue

from itsm.demo.mailsink import MailFolder
from itsm.infra.bus import Bus
from itsm.infra.settings import Settings
from itsm.kernel.actor import Role
from itsm.kernel.errors import NotFound
from itsm.web import gate, nav
from itsm.web.render import render

bp = Blueprint("demo", __name__, url_prefix="/demo")
STAFF = frozenset({Role.TECHNICIAN, Role.ASSET_MANAGER, Role.ADMINISTRATOR})


def mail_folder(settings: Settings) -> Path:
    """Return where caught mails lie."""
    return settings.data_dir / "caught-mail"


def _folder() -> MailFolder:
    return MailFolder(mail_folder(current_app.extensions["itsm.settings"]))


@bp.get("/mail")
@gate.roles(*STAFF)
def mails() -> ResponseReturnValue:
    """List the mails that were caught."""
    return render("demo/mails.html", mails=_folder().latest(100))


@bp.get("/mail/<key>")
@gate.roles(*STAFF)
def mail(key: str) -> ResponseReturnValue:
    """Show one caught mail as plain text."""
    found = _folder().read(key)
    if found is None:
        raise NotFound("This mail is not here any more.")
    part = found.get_body(("plain",))
    return render("demo/mail.html", mail=found, text=part.get_content() if part is not None else "")


def register(app: Flask, bus: Bus) -> None:
    """Add the demonstration's page to the application."""
    app.register_blueprint(bp)
    nav.add(app, nav.NavItem("Caught mail", "demo.mails", "mail", "/demo/mail", STAFF, group="Demonstration", order=95))
