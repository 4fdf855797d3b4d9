"""A group whose commands are imported when they are used.

Importing the application takes a second or two. ``itsm --help`` and ``itsm discover scan``, which need none of it, answer
at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import NamedTuple

import click


class Later(NamedTuple):
    """A command that is imported when used: ``where`` is ``module:name``, ``what`` its line in the group's help."""

    where: str
    what: str


class LazyGroup(click.Group):
    """A group of commands, each given as :class:`Later`."""

    later: Mapping[str, Later] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order of the alphabet."""
        return sorted(self.later)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command; None where there is none of this name."""
        if cmd_name not in self.later:
            return None
        module, name = self.later[cmd_name].where.split(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands' lines without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.later[name].what) for name in self.list_commands(ctx)])


def lazy(**later: tuple[str, str]) -> type[LazyGroup]:
    """Return the class of a group with these commands, for ``@click.group(cls=…)``."""
    return type("Lazy", (LazyGroup,), {"later": {name: Later(*given) for name, given in later.items()}})
