"""From a network and its credentials to the order a probe works by."""

from __future__ import annotations

import ipaddress
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from itsm.discovery.enums import CredentialKind, HostKeyState
from itsm.discovery.knowledge import plan
from itsm.discovery.models import Credential, HostKey, Network, credential_network
from itsm.discovery.probe.credentials import Community, SshLogin, UsmUser
from itsm.discovery.probe.credentials import Credential as ProbeCredential
from itsm.discovery.probe.find import Pace
from itsm.discovery.probe.order import TLS_PORT
from itsm.discovery.probe.ssh.trust import AccountGuard
from itsm.discovery.probe.sweep import Order
from itsm.discovery.probe.targets import Target, expand, parse_target
from itsm.discovery.services.exclusions import Never, never_of
from itsm.discovery.services.refusals import guard_of
from itsm.infra.sealing import key_ring, place


def left_out(network: Network, never: Never) -> list[tuple[Target, str]]:
    """Return which of the network's addresses nothing asks, and why: empty for its own exclusions."""
    ranges = [parse_target(text) for text in network.ranges]
    own = [parse_target(text) for text in network.exclusions]
    mine = [(both, "") for run in own for one in ranges if (both := run.common(one)) is not None]
    return [*mine, *never.within(ranges)]


def addresses_of(network: Network, never: Never) -> list[str]:
    """Return the addresses a sweep of the network asks. Raises BadTarget, a ValueError, for ranges that may not be
    swept."""
    exclude = [net for run, _ in left_out(network, never) for net in run.networks()]
    targets = [parse_target(text) for text in network.ranges]
    return expand(targets, exclude=exclude, allow_public=network.allow_public)


def covers(network: Network, address: str, never: Never) -> bool:
    """Say whether a sweep of the network would ask this address."""
    one = ipaddress.ip_address(address)

    def inside(texts: Sequence[str]) -> bool:
        runs = (parse_target(text) for text in texts)
        return any(run.first.version == one.version and int(run.first) <= int(one) <= int(run.last) for run in runs)

    return inside(network.ranges) and not inside(network.exclusions) and not never.holds(address)


def order_for(
    session: Session,
    network: Network,
    *,
    now: datetime,
    done: Iterable[str] = (),
    only: Sequence[str] | None = None,
    guard: AccountGuard | None = None,
) -> Order:
    """Return what a probe should do in a network, leaving out the addresses already ``done``.

    ``guard`` counts refused passwords together with other orders.
    ``only`` limits it to some of the network's addresses. Raises BadTarget, a ValueError, as :func:`addresses_of` does.
    """
    finished, never = set(done), never_of(session, network, now=now)
    if only is None:
        addresses = addresses_of(network, never)
    else:
        mine = [parse_target(one) for one in only if covers(network, one, never)]
        addresses = expand(mine, allow_public=network.allow_public)
    borders = tuple(net for text in network.ranges for net in parse_target(text).networks())
    credentials = [unsealed(row, borders) for row in credentials_of(session, network.id)]
    return Order(
        addresses=[address for address in addresses if address not in finished],
        credentials=tuple(credentials),
        snmp_port=network.snmp_port,
        ssh_port=network.ssh_port,
        planner=plan.objects_for,
        pace=Pace(rate=float(network.pace), subnet_rate=float(network.subnet_pace)),
        host_pins=pins_of(session, network.id),
        ping=network.ping,
        tls_port=TLS_PORT if network.certificates else None,
        guard=guard or guard_of(session, now=now),
    )


def credentials_of(session: Session, network_id: int) -> Sequence[Credential]:
    """Return the enabled credentials bound to a network, in their order."""
    wanted = (
        select(Credential)
        .join(credential_network, credential_network.c.credential_id == Credential.id)
        .where(credential_network.c.network_id == network_id, Credential.enabled)
        .order_by(Credential.position, Credential.id)
    )
    return session.scalars(wanted).all()


def pins_of(session: Session, network_id: int) -> dict[str, frozenset[str]]:
    """Return the approved host keys of a network by address."""
    found: dict[str, set[str]] = defaultdict(set)
    wanted = select(HostKey.address, HostKey.fingerprint).where(
        HostKey.network_id == network_id, HostKey.state == HostKeyState.PINNED
    )
    for address, fingerprint in session.execute(wanted):
        found[address].add(fingerprint)
    return {address: frozenset(prints) for address, prints in found.items()}


def seal(credential: Credential, secrets: dict[str, str]) -> str:
    """Return the secrets sealed to this credential's row; it must have its id."""
    return key_ring().seal(json.dumps(secrets), place=place(credential, "sealed"))


def unsealed(row: Credential, borders: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]) -> ProbeCredential:
    """Return a credential as the probe takes it, tried only inside ``borders``. Raises SecretsError for a broken seal."""
    kept = json.loads(key_ring().open(row.sealed, place=place(row, "sealed")))
    options, reference = row.options, f"credential:{row.id}"
    if row.kind is CredentialKind.SNMP_COMMUNITY:
        return Community(reference, kept["secret"], borders, options.get("snmp_version", "2c"))
    if row.kind is CredentialKind.SNMP_USER:
        return UsmUser(
            reference,
            row.username,
            borders,
            auth_protocol=options.get("auth_protocol"),
            auth_secret=kept.get("auth_secret", ""),
            priv_protocol=options.get("priv_protocol"),
            priv_secret=kept.get("priv_secret", ""),
            allow_weak=bool(options.get("allow_weak")),
        )
    return SshLogin(
        reference,
        row.username,
        borders,
        password=kept.get("password"),
        key=kept.get("key"),
        key_passphrase=kept.get("passphrase"),
        legacy=bool(options.get("legacy")),
        sudo=bool(options.get("sudo")),
    )
