"""The demonstration's network: the simulated fleet's range, and the credentials that open it, as an administrator
would enter them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from itsm.demo.fleet.secrets import Secrets
from itsm.discovery.enums import CredentialKind, HostKeyState
from itsm.discovery.models import HostKey, Network
from itsm.discovery.services.networks import CredentialFacts, NetworkFacts, save_credential, save_network
from itsm.infra.unit import Unit
from itsm.kernel.actor import Actor, Door


def enter(unit: Unit, organization_id: int, location_id: int | None, ready: dict[str, Any]) -> Network:
    """Enter the network, its three credentials and the fleet's host keys, from the fleet's ready file."""
    actor = Actor.house(Door.CLI, name="demonstration")
    v3 = ready["v3"]
    credentials = [
        CredentialFacts(
            name="Monitoring (SNMPv3)",
            kind=CredentialKind.SNMP_USER,
            username=v3["user"],
            options={"auth_protocol": v3["auth"], "priv_protocol": v3["privacy"]},
            secrets={"auth_secret": v3["auth_password"], "priv_secret": v3["privacy_password"]},
        ),
        CredentialFacts(
            name="Read only (SNMPv2c)",
            kind=CredentialKind.SNMP_COMMUNITY,
            options={"snmp_version": "2c"},
            secrets={"secret": ready["community"]},
        ),
        CredentialFacts(
            name="Inventory key (SSH)",
            kind=CredentialKind.SSH_KEY,
            username=ready["ssh_user"],
            options={"sudo": True},
            secrets={"key": Path(ready["ssh_key_file"]).read_text(encoding="ascii")},
        ),
    ]
    ids = [save_credential(actor, None, organization_id, facts).id for facts in credentials]
    columns = {
        "name": "Harrow Street",
        "ranges": [ready["net"]],
        "exclusions": [],
        "location_id": location_id,
        "pace": 200,
        "snmp_port": ready["port"],
        "ssh_port": ready["ssh_port"],
        "enabled": True,
    }
    network = save_network(actor, None, organization_id, NetworkFacts(columns=columns, credential_ids=ids))
    _pin(unit, network, ready)
    return network


def _pin(unit: Unit, network: Network, ready: dict[str, Any]) -> None:
    """Approve the fleet's own host keys beforehand: its administrator knows them."""
    secrets = Secrets(Path(ready["ssh_key_file"]).parent)
    for name, address in ready["devices"].items():
        key = secrets.host_key(name)
        unit.session.add(
            HostKey(
                network_id=network.id,
                address=address,
                algorithm=key.get_name(),
                fingerprint=key.fingerprint,
                state=HostKeyState.PINNED,
                decided_at=unit.now,
            )
        )
    unit.session.flush()


def read_ready(path: Path) -> dict[str, Any]:
    """Return what the fleet's ready file says."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
