"""The device that a command runs on, and what a command prints."""

from __future__ import annotations

from dataclasses import dataclass

from itsm.demo.fleet.build import packages
from itsm.demo.fleet.world import Facts, World


@dataclass(frozen=True, slots=True)
class Output:
    """What a command printed and the status it ended with."""

    stdout: str = ""
    stderr: str = ""
    status: int = 0


@dataclass(frozen=True, slots=True)
class Machine:
    """The device a command runs on, and the seconds since its boot."""

    world: World
    name: str
    seconds: float

    @property
    def facts(self) -> Facts:
        """The device's facts as they are now."""
        return self.world[self.name]

    @property
    def packages(self) -> list[str]:
        """The device's packages."""
        return packages(self.world, self.facts)
