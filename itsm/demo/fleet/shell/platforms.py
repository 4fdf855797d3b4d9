"""Which command line a device has: a Unix shell, or a network operating system with a prompt and a pager."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from itsm.demo.fleet.shell import cisco, commands, esxi, fortinet, mikrotik, procurve
from itsm.demo.fleet.shell.machine import Machine, Output

_LONGEST: Final = 512


@dataclass(frozen=True, slots=True)
class Platform:
    """How one sort of device talks. ``pager`` is what it says between pages, empty where it never pauses;
    ``unpause`` are the commands that stop it from pausing."""

    banner: str
    prompt: str
    run: Callable[[Machine, str], Output]
    pager: str = ""
    unpause: frozenset[str] = field(default_factory=frozenset)


def _table(
    known: Mapping[str, Callable[[Machine], str]], unknown: str, *, quiet: frozenset[str]
) -> Callable[[Machine, str], Output]:
    """Return a runner of a table of commands; ``quiet`` ones print nothing."""

    def run(machine: Machine, line: str) -> Output:
        line = " ".join(line[:_LONGEST].split())
        if not line or line in quiet:
            return Output()
        made = known.get(line)
        return Output(unknown, status=1) if made is None else Output(made(machine))

    return run


_CISCO_QUIET: Final = frozenset({"terminal length 0", "terminal width 511"})
PLATFORMS: Final[dict[str, Platform]] = {
    "linux": Platform("SSH-2.0-OpenSSH_9.6", "{name}:~$ ", commands.run),
    "cisco_ios": Platform(
        "SSH-2.0-Cisco-1.25",
        "{name}#",
        _table(
            cisco.COMMANDS,
            "        ^\n% Invalid input detected at '^' marker.\n\n",
            quiet=_CISCO_QUIET,
        ),
        pager=" --More-- ",
        unpause=frozenset({"terminal length 0"}),
    ),
    "fortinet": Platform(
        "SSH-2.0-FIPS_User",
        "{name} # ",
        _table(fortinet.COMMANDS, "Unknown action 0\n", quiet=frozenset()),
        pager="--More-- ",
    ),
    "hp_procurve": Platform(
        "SSH-2.0-Mocana SSH 6.3",
        "{name}# ",
        _table(
            procurve.COMMANDS,
            "Invalid input: the command is unknown\n",
            quiet=frozenset({"no page", "terminal length 1000"}),
        ),
        pager="-- MORE --, next page: Space, next line: Enter, quit: Control-C",
        unpause=frozenset({"no page"}),
    ),
    "esxi": Platform("SSH-2.0-OpenSSH_9.1", "[root@{name}:~] ", _table(esxi.COMMANDS, "", quiet=frozenset())),
    "mikrotik_routeros": Platform(
        "SSH-2.0-ROSSSH",
        "[inventory@{name}] > ",
        _table(mikrotik.COMMANDS, "bad command name (line 1 column 1)\n", quiet=frozenset()),
    ),
}
"""Platforms by the word that the data files have under ``ssh``."""
