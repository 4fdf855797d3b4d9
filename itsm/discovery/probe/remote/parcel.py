"""What an order carries: networks with their ranges, windows and host keys, and the credentials bound to each.

The house writes :func:`network_to_json`; the probe reads :class:`NetworkPlan` from it. It travels sealed only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from itsm.discovery.knowledge import plan
from itsm.discovery.probe.credentials import Community, Credential, SshLogin, UsmUser
from itsm.discovery.probe.find import Pace
from itsm.discovery.probe.order import TLS_PORT, Order
from itsm.discovery.probe.pacing import SUBNET_RATE
from itsm.discovery.probe.remote.envelope import Refused
from itsm.discovery.probe.targets import Network, expand, parse_target
from itsm.discovery.rules.windows import is_open

_KINDS: dict[str, type[Credential]] = {"community": Community, "usm_user": UsmUser, "ssh_login": SshLogin}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def credential_to_json(credential: Credential) -> dict[str, Any]:
    """Return a credential with its secrets, without its networks: those are the order's own."""
    data = asdict(credential)
    del data["networks"]
    return {"kind": _NAMES[type(credential)], **data}


def _credential(data: Mapping[str, Any], borders: tuple[Network, ...]) -> Credential:
    kind = _KINDS[str(data["kind"])]
    known = {name: value for name, value in data.items() if name in kind.__dataclass_fields__}
    return kind(**known, networks=borders)


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    """One network of an order, as the probe works by it."""

    network_id: int
    name: str
    ranges: tuple[str, ...]
    exclusions: tuple[str, ...]
    data: Mapping[str, Any] = field(repr=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> NetworkPlan:
        """Read one. Raises Refused for what is none."""
        try:
            return cls(int(data["id"]), str(data["name"]), tuple(data["ranges"]), tuple(data["exclusions"]), data)
        except (KeyError, TypeError, ValueError) as error:
            raise Refused(f"The order cannot be read: {type(error).__name__} {error}.") from None

    def addresses(self) -> list[str]:
        """Return every address to ask. Raises ValueError for ranges that may not be swept."""
        exclude = [net for text in self.exclusions for net in parse_target(text).networks()]
        targets = [parse_target(text) for text in self.ranges]
        return expand(targets, exclude=exclude, allow_public=bool(self.data.get("allow_public")))

    def order(self, done: Iterable[str]) -> Order:
        """Return what the sweep does, leaving out the addresses already ``done``. Raises ValueError."""
        finished = set(done)
        borders = tuple(net for text in self.ranges for net in parse_target(text).networks())
        pins = self.data.get("host_pins") or {}
        return Order(
            addresses=[address for address in self.addresses() if address not in finished],
            credentials=tuple(_credential(one, borders) for one in self.data.get("credentials", ())),
            snmp_port=int(self.data.get("snmp_port", 161)),
            ssh_port=int(self.data.get("ssh_port", 22)),
            planner=plan.objects_for,
            pace=Pace(
                rate=float(self.data.get("pace", 1000)), subnet_rate=float(self.data.get("subnet_pace", SUBNET_RATE))
            ),
            host_pins={address: frozenset(prints) for address, prints in pins.items()},
            ping=bool(self.data.get("ping")),
            tls_port=TLS_PORT if self.data.get("certificates") else None,
        )

    def is_open(self, now: datetime) -> bool:
        """Say whether the network may be swept now."""
        zone = ZoneInfo(str(self.data.get("time_zone") or "UTC"))
        return is_open(self.data.get("windows") or (), zone, now)
