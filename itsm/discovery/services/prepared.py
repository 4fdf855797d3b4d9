"""A report on its way into the register, and what is made of it before any transaction."""

from __future__ import annotations

from functools import cached_property

from itsm.discovery import knowledge
from itsm.discovery.facts import Device
from itsm.discovery.models import Sighting
from itsm.discovery.rules import stacks
from itsm.discovery.rules.keys import Key, keys_of
from itsm.discovery.rules.stacks import Member
from itsm.discovery.services.keeping import keepable
from itsm.discovery.wire import HostReport


class Prepared:
    """A report on its way in. What it is made into is worked out once, when it is first asked for.

    Whether the same was seen before at its address is told by its content alone.
    """

    def __init__(self, report: HostReport) -> None:
        self.report = report
        self.content_hash = report.content_hash()

    @cached_property
    def device(self) -> Device:
        """Return what the report says the device is."""
        return keepable(knowledge.describe(self.report))

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """Return the keys by which the device is found again."""
        return tuple(keys_of(stacks.managed(self.device), self.report.address))

    @cached_property
    def chassis(self) -> tuple[Member, ...]:
        """Return the members of a stack; empty for everything else."""
        return stacks.members(self.device)

    @cached_property
    def packed(self) -> bytes:
        """Return the report as it is stored."""
        return Sighting.pack(self.report)

    def work_out(self) -> None:
        """Work everything out now: before a transaction, not inside."""
        _ = self.keys, self.packed


def prepare(report: HostReport) -> Prepared:
    """Make a report ready to be taken in, with all that needs no database."""
    prepared = Prepared(report)
    prepared.work_out()
    return prepared
