"""A dry run for people: neighbouring addresses that would be asked the same are one line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from itertools import groupby
from typing import Protocol

from itsm.discovery.probe.steps import Step


class Planned(Protocol):
    """One thing that would be sent to an address, with the credential that it would use."""

    @property
    def address(self) -> str:
        """Return who would be asked."""

    @property
    def step(self) -> Step:
        """Return what would be asked."""

    @property
    def credential(self) -> str | None:
        """Return with what."""


@dataclass(slots=True)
class Run:
    """Addresses in a row, and what each of them would be sent: (step, credential), in order."""

    first: str
    last: str
    size: int
    steps: tuple[tuple[Step, str | None], ...]


def runs(plan: Iterable[Planned]) -> list[Run]:
    """Return the runs of a plan that lists its addresses one after another."""
    found: list[Run] = []
    for address, told in groupby(plan, key=lambda one: one.address):
        steps = tuple((one.step, one.credential) for one in told)
        if found and found[-1].steps == steps and ip_address(found[-1].last) + 1 == ip_address(address):
            found[-1].last = address
            found[-1].size += 1
        else:
            found.append(Run(address, address, 1, steps))
    return found
