"""Credentials: what opens devices. Secrets go in and never come out."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from itsm.discovery import queries
from itsm.discovery.enums import CredentialKind
from itsm.discovery.forms import CredentialForm
from itsm.discovery.models import Credential, Network, credential_network
from itsm.discovery.probe.credentials import AUTH_PROTOCOLS, PRIV_PROTOCOLS, WEAK_PROTOCOLS
from itsm.discovery.services import networks
from itsm.discovery.services.refusals import is_held
from itsm.discovery.views import bp
from itsm.discovery.views.merging import as_texts, clash_page, last_actor
from itsm.discovery.views.networks import home_organization
from itsm.infra.db import db
from itsm.infra.unit import Unit, clock, transaction
from itsm.kernel.actor import Role
from itsm.kernel.errors import Conflict, Invalid
from itsm.web import conflict, gate
from itsm.web.forms import Form, read
from itsm.web.idempotency import once
from itsm.web.identity import current_actor
from itsm.web.render import render

SECRETS = {
    CredentialKind.SNMP_COMMUNITY: ("secret",),
    CredentialKind.SNMP_USER: ("auth_secret", "priv_secret"),
    CredentialKind.SSH_PASSWORD: ("password",),
    CredentialKind.SSH_KEY: ("key", "passphrase"),
}
OPTIONS = {
    CredentialKind.SNMP_COMMUNITY: ("snmp_version",),
    CredentialKind.SNMP_USER: ("auth_protocol", "priv_protocol", "allow_weak"),
    CredentialKind.SSH_PASSWORD: ("legacy", "sudo"),
    CredentialKind.SSH_KEY: ("legacy", "sudo"),
}


@bp.get("/credentials")
@gate.roles(Role.AUDITOR)
def credentials() -> ResponseReturnValue:
    """List credentials by name, kind and networks."""
    session, actor = db.session(), current_actor()
    rows = session.scalars(queries.visible_credentials(actor).order_by(Credential.position, Credential.name)).all()
    bound: dict[int, list[str]] = {row.id: [] for row in rows}
    wanted = select(credential_network.c.credential_id, Network.name).join(
        Network, Network.id == credential_network.c.network_id
    )
    for credential_id, name in session.execute(wanted.where(credential_network.c.credential_id.in_(bound))):
        bound[credential_id].append(name)
    now = clock().now()
    held = {row.id for row in rows if is_held(row, now=now)}
    return render("discovery/credentials.html", credentials=rows, bound=bound, held=held)


def _page(form: Form[Any], credential: Credential | None, status: int = 200) -> ResponseReturnValue:
    session, actor = db.session(), current_actor()
    return render(
        "discovery/credential.html",
        form=form,
        credential=credential,
        base=form.value("base") or (conflict.base_of(as_texts(_values(session, credential))) if credential else ""),
        version=(request.form.get("version") or credential.version) if credential else None,
        secret_mark=networks.secret_mark(credential) if credential else "",
        kind=_kind(form.value("kind")) or CredentialKind.SNMP_COMMUNITY,
        networks=session.scalars(queries.visible_networks(actor).order_by(Network.name)).all(),
        auth_protocols=[name for name in AUTH_PROTOCOLS if name not in WEAK_PROTOCOLS]
        + sorted(WEAK_PROTOCOLS & {*AUTH_PROTOCOLS}),
        priv_protocols=[name for name in PRIV_PROTOCOLS if name not in WEAK_PROTOCOLS]
        + sorted(WEAK_PROTOCOLS & {*PRIV_PROTOCOLS}),
        status=status,
    )


def _kind(text: str | None) -> CredentialKind | None:
    return CredentialKind(text) if text in set(CredentialKind) else None


@bp.get("/credentials/new")
@gate.roles(Role.ADMINISTRATOR)
def new_credential() -> ResponseReturnValue:
    """Show an empty form for one kind of credential."""
    chosen = _kind(request.args.get("kind")) or CredentialKind.SNMP_USER
    start = {"kind": chosen.value, "enabled": True, "auth_protocol": "SHA-256", "priv_protocol": "AES-256"}
    return _page(Form(CredentialForm, start), None)


@bp.post("/credentials")
@gate.roles(Role.ADMINISTRATOR)
def create_credential() -> ResponseReturnValue:
    """Make a credential."""
    actor, form = current_actor(), read(CredentialForm, request.form)

    def create(unit: Unit) -> str:
        networks.save_credential(actor, None, home_organization(unit.session), _facts(form.parse()))
        return url_for("discovery.credentials")

    try:
        location = once(actor, create)
    except Invalid as refusal:
        return _page(_without_secrets(form.refuse(refusal)), None, 422)
    flash(_("The credential was added."), "success")
    return redirect(location, 303)


@bp.get("/credentials/<int:credential_id>")
@gate.roles(Role.ADMINISTRATOR)
def credential(credential_id: int) -> ResponseReturnValue:
    """Show a credential without its secrets."""
    session = db.session()
    found: Credential = queries.get_one(
        session, queries.visible_credentials(current_actor()), Credential, credential_id
    )
    return _page(Form(CredentialForm, _values(session, found)), found)


def _values(session: Session, found: Credential) -> dict[str, Any]:
    """Return what stands in the form of a credential: never a secret."""
    bound = select(credential_network.c.network_id).where(credential_network.c.credential_id == found.id)
    values: dict[str, Any] = {
        "name": found.name,
        "kind": found.kind.value,
        "username": found.username,
        "enabled": found.enabled,
    }
    for name in OPTIONS[found.kind]:
        values[name] = found.options.get(name, CredentialForm.model_fields[name].default)
    return values | {"network_ids": sorted(session.scalars(bound))}


@bp.post("/credentials/<int:credential_id>")
@gate.roles(Role.ADMINISTRATOR)
def change_credential(credential_id: int) -> ResponseReturnValue:
    """Change a credential; empty secrets stay as they are."""
    actor, form = current_actor(), read(CredentialForm, request.form)
    visible = queries.visible_credentials(actor)
    yours: dict[str, str] = {}
    theirs: dict[str, str] = {}
    secrets: dict[str, Any] = {}
    try:
        command = form.parse()
        secrets = {name: getattr(command, name) for name in SECRETS[command.kind] if getattr(command, name)}
        with transaction(actor) as unit:
            found = queries.get_one(unit.session, visible.with_for_update(), Credential, credential_id)
            theirs = as_texts(_values(unit.session, found))
            yours = as_texts({name: getattr(command, name) for name in theirs})
            settled = conflict.settle(yours, theirs, sent=request.form, version=found.version, labels=_labels())
            _compare_secrets(found, command.secret_mark, secrets)
            merged = Form(CredentialForm, {**settled, **secrets}).parse()
            networks.save_credential(actor, found, found.organization_id, _facts(merged))
    except Invalid as refusal:
        found = queries.get_one(db.session(), visible, Credential, credential_id)
        return _page(_without_secrets(form.refuse(refusal)), found, 422)
    except _SecretClash:
        found = queries.get_one(db.session(), visible, Credential, credential_id)
        return _secret_page(form, found, secrets)
    except Conflict as clash:
        found = queries.get_one(db.session(), visible, Credential, credential_id)
        url = url_for("discovery.change_credential", credential_id=credential_id)
        note = _("The secret that you typed was not saved. Please type it again afterwards.") if secrets else ""
        return clash_page(clash, found, (yours, theirs), url=url, back=url, note=note)
    flash(_("The credential was saved."), "success")
    return redirect(url_for("discovery.credentials"), 303)


class _SecretClash(Exception):
    """Two people typed a new secret for one credential."""


def _compare_secrets(found: Credential, mark: str, typed: dict[str, Any]) -> None:
    if typed and conflict.version_of(request.form) != found.version and mark != networks.secret_mark(found):
        raise _SecretClash


def _secret_page(form: Form[Any], found: Credential, typed: dict[str, Any]) -> ResponseReturnValue:
    """Say that somebody else stored a new secret; the later one does not win by being later."""
    said = _(
        "%(name)s stored a new secret while this page was open, and it is in use now. Yours was not saved. Type it again "
        "only if it should replace that one.",
        name=last_actor(found) or _("Somebody else"),
    )
    form.refuse(Invalid(dict.fromkeys(typed, said)))
    return _page(_without_secrets(form), found, 409)


def _labels() -> dict[str, str]:
    return {
        "name": _("Name"), "username": _("User"), "enabled": _("In use"), "network_ids": _("Tried only in"),
        "snmp_version": _("Version"), "auth_protocol": _("Authentication"), "priv_protocol": _("Privacy"),
        "allow_weak": _("Allow weak protocols (MD5, DES) for this credential"),
        "legacy": _("Allow broken algorithms (old switches)"), "sudo": _("May use sudo without a password"),
    }  # fmt: skip


def _facts(command: CredentialForm) -> networks.CredentialFacts:
    return networks.CredentialFacts(
        name=command.name,
        kind=command.kind,
        username=command.username,
        options={name: value for name in OPTIONS[command.kind] if (value := getattr(command, name)) not in ("", False)},
        secrets={name: getattr(command, name) for name in SECRETS[command.kind]},
        enabled=command.enabled,
        network_ids=command.network_ids,
    )


def _without_secrets(form: Form[Any]) -> Form[Any]:
    for names in SECRETS.values():
        for name in names:
            form.values.pop(name, None)
    return form
