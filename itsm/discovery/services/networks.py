"""Networks and credentials: made and changed by administrators."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, insert, select

from itsm.discovery.enums import CredentialKind
from itsm.discovery.models import Credential, Network, Probe, Schedule, credential_network
from itsm.discovery.policies import POLICY, DiscoveryPermission
from itsm.discovery.probe.credentials import WEAK_PROTOCOLS
from itsm.discovery.probe.targets import expand, parse_target
from itsm.discovery.services.orders import seal
from itsm.infra.taken import check_free
from itsm.infra.unit import current_unit, record
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Conflict, Invalid
from itsm.kernel.policy import require
from itsm.kernel.text import phrase
from itsm.kernel.zones import zone_of


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkFacts:
    """Everything a person decides about a network; ``columns`` are the model's, by name."""

    columns: Mapping[str, Any]
    credential_ids: Sequence[int] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialFacts:
    """Everything a person decides about a credential. An empty secret keeps the stored one."""

    name: str
    kind: CredentialKind
    username: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    enabled: bool = True
    network_ids: Sequence[int] = ()


def save_network(
    actor: Actor, network: Network | None, organization_id: int, facts: NetworkFacts, *, version: int | None = None
) -> Network:
    """Make or change a network. Raises Invalid for ranges that may not be swept, Conflict for a stale version."""
    require(POLICY, actor, DiscoveryPermission.CONFIGURE, network)
    _check_ranges(facts.columns)
    zone_of(facts.columns.get("time_zone", "UTC"))
    session = current_unit().session
    _check_probe(facts.columns.get("probe", ""), network, organization_id)
    check_name(Network, network, organization_id, facts.columns["name"])
    if network is None:
        network = Network(organization_id=organization_id, **facts.columns)
        session.add(network)
    else:
        check_version(network, version)
        for name, value in facts.columns.items():
            setattr(network, name, value)
    session.flush()
    session.execute(delete(credential_network).where(credential_network.c.network_id == network.id))
    owned = select(Credential.id).where(
        Credential.id.in_(facts.credential_ids), Credential.organization_id == network.organization_id
    )
    rows = [{"credential_id": i, "network_id": network.id} for i in session.scalars(owned)]
    if rows:
        session.execute(insert(credential_network), rows)
    return network


def check_name(model: type[Network | Credential | Schedule], row: Any, organization_id: int, name: str) -> None:
    """Raise Invalid where the organization has another network, credential or schedule of this name."""
    home = organization_id if row is None else row.organization_id
    check_free(select(model.id).where(model.organization_id == home, model.name == name), row, model)


def _check_ranges(columns: Mapping[str, Any]) -> None:
    try:
        exclude = [net for text in columns.get("exclusions", ()) for net in parse_target(text).networks()]
        targets = [parse_target(text) for text in columns["ranges"]]
        if not expand(targets, exclude=exclude, allow_public=bool(columns.get("allow_public"))):
            raise Invalid({"ranges": "Nothing is left to sweep: the exclusions cover all of it."})
    except ValueError as error:
        raise Invalid({"ranges": str(error)}) from error


def _check_probe(name: str, network: Network | None, organization_id: int) -> None:
    """Refuse a probe that is none of this organization's; one that was revoked later may stay until it is changed."""
    if not name or (network is not None and network.probe == name):
        return
    home = Probe.organization_id == (network.organization_id if network is not None else organization_id)
    wanted = select(Probe.id).where(Probe.name == name, home, Probe.revoked_at.is_(None))
    if current_unit().session.scalar(wanted) is None:
        raise Invalid({"probe": "Please choose one of the probes offered."})


def check_version(row: Any, version: int | None) -> None:
    """Raise Conflict where a row is not the one that a form was opened with."""
    if version is not None and row.version != version:
        raise Conflict(version=row.version)


def save_credential(
    actor: Actor,
    credential: Credential | None,
    organization_id: int,
    facts: CredentialFacts,
    *,
    version: int | None = None,
) -> Credential:
    """Make or change a credential. Its secrets are sealed to its row and never leave it for a page."""
    require(POLICY, actor, DiscoveryPermission.CONFIGURE, credential)
    _check_secrets(facts, new=credential is None)
    check_name(Credential, credential, organization_id, facts.name)
    session = current_unit().session
    columns = {"name": facts.name, "username": facts.username, "options": dict(facts.options), "enabled": facts.enabled}
    if credential is None:
        credential = Credential(organization_id=organization_id, kind=facts.kind, sealed="", **columns)
        session.add(credential)
        session.flush()
    else:
        check_version(credential, version)
        if facts.username != credential.username:
            credential.refusals, credential.refused_at = 0, None
        for name, value in columns.items():
            setattr(credential, name, value)
    given = {name: value for name, value in facts.secrets.items() if value}
    if given:
        credential.sealed = seal(credential, given)
        credential.refusals, credential.refused_at = 0, None  # what was refused was another password
        record("secret_changed", "credential", credential.id, secrets=sorted(given))
    session.execute(delete(credential_network).where(credential_network.c.credential_id == credential.id))
    owned = select(Network.id).where(Network.id.in_(facts.network_ids), Network.organization_id == organization_id)
    rows = [{"credential_id": credential.id, "network_id": i} for i in session.scalars(owned)]
    if rows:
        session.execute(insert(credential_network), rows)
    return credential


def secret_mark(credential: Credential) -> str:
    """Return a mark that changes whenever a new secret is stored; it tells nothing of the secret."""
    return hashlib.sha256(credential.sealed.encode()).hexdigest()[:24]


def _check_secrets(facts: CredentialFacts, *, new: bool) -> None:
    errors: dict[str, str] = {}
    given = {name for name, value in facts.secrets.items() if value}
    needed = {
        CredentialKind.SNMP_COMMUNITY: "secret",
        CredentialKind.SSH_PASSWORD: "password",
        CredentialKind.SSH_KEY: "key",
    }.get(facts.kind)
    if new and needed and needed not in given:
        errors[needed] = "Please fill this in."
    if facts.kind is not CredentialKind.SNMP_COMMUNITY and not facts.username:
        errors["username"] = "Please fill this in."
    if facts.kind is CredentialKind.SNMP_USER:
        for which in ("auth", "priv"):
            protocol = facts.options.get(f"{which}_protocol")
            secret = facts.secrets.get(f"{which}_secret", "")
            if protocol in WEAK_PROTOCOLS and not facts.options.get("allow_weak"):
                errors[f"{which}_protocol"] = phrase(
                    "%(protocol)s is broken. Tick “allow weak protocols” to use it all the same.", protocol=protocol
                )
            if protocol and (new or secret) and len(secret) < 8:
                errors[f"{which}_secret"] = "At least 8 characters, please."
        if facts.options.get("priv_protocol") and not facts.options.get("auth_protocol"):
            errors["auth_protocol"] = "Privacy needs authentication."
    if errors:
        raise Invalid(errors)
