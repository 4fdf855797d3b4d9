"""One narrow question to one address, apart from any sweep: what our worker and a remote probe do alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Final

from itsm.discovery.probe.budget import Limits
from itsm.discovery.probe.credentials import Community, SshLogin, UsmUser
from itsm.discovery.probe.order import Order
from itsm.discovery.probe.standard import ReadPlan

LIMITS: Final = Limits(seconds=20.0, packets=400, octets=1_000_000, rows=2_000)
"""What an errand may cost, besides reading a device whole: that costs what a sweep's visit does."""
MOST: Final = 32
"""Objects, kinds of commands or ports of one errand."""
WAIT: Final = 2.0
"""Seconds that an echo and a knock are waited for."""


class Way(StrEnum):
    """How a device is asked."""

    WHOLE = "whole"
    """As a sweep does; only this is taken into the register."""
    REACH = "reach"
    SNMP = "snmp"
    SSH = "ssh"


@dataclass(frozen=True, slots=True)
class Errand:
    """What to ask: objects beside the system group, kinds of the known read-only commands, or ports to knock at."""

    way: Way
    objects: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as an order carries it."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Errand:
        """Read one. Raises ValueError, KeyError or TypeError for what is none."""
        found = cls(
            Way(str(data["way"])),
            tuple(map(str, data["objects"])),
            tuple(map(str, data["kinds"])),
            tuple(map(int, data["ports"])),
        )
        if max(len(found.objects), len(found.kinds), len(found.ports)) > MOST:
            raise ValueError("an errand asks a few things only")
        return found


def narrowed(order: Order, errand: Errand) -> Order:
    """Return an order that asks what the errand says and nothing else, inside the borders that the order has.

    How often an account may be refused is for the order's guard to say, which counts over sweeps and looks alike.
    """
    if errand.way is Way.WHOLE:
        return order
    quiet = replace(order, limits=LIMITS, ping=False, tcp_ports=(), tls_port=None)
    if errand.way is Way.REACH:
        return replace(quiet, credentials=(), ping=True, tcp_ports=errand.ports, timeout=WAIT, silence_too=True)
    if errand.way is Way.SNMP:
        keys = tuple(one for one in order.credentials if isinstance(one, Community | UsmUser))
        plan = ReadPlan(scalars=errand.objects, columns=(), samples=())
        return replace(quiet, credentials=keys, planner=lambda *_: plan, timeout=1.0)
    logins = tuple(one for one in order.credentials if isinstance(one, SshLogin))[:2]
    # No kind at all would mean every kind.
    only = frozenset(errand.kinds or ("nothing",))
    return replace(quiet, credentials=logins, ssh_only=only)
