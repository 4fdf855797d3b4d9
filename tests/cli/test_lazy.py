"""Commands are imported when used, and the lines that stand for them until then are true."""

from __future__ import annotations

import re
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from itsm.cli import cli
from itsm.cli.discover import discover
from itsm.cli.lazy import LazyGroup


@pytest.mark.parametrize("group", [cli, discover])
def test_each_line_begins_what_its_command_says_of_itself(group: click.Group) -> None:
    assert isinstance(group, LazyGroup)
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        assert command.name == name
        assert (command.help or "").startswith(re.split("[.,]| and ", group.later[name].what)[0])


def test_a_name_that_is_no_command_is_refused() -> None:
    said = CliRunner().invoke(cli, ["nonsense"])
    assert (said.exit_code, "No such command 'nonsense'" in said.output) == (2, True)


@pytest.mark.parametrize("words", [["--help"], ["discover", "--help"], ["discover", "scan", "--help"]])
def test_what_needs_no_application_imports_none(words: list[str]) -> None:
    program = f"import sys; from itsm.cli import cli; cli.main({words!r}, standalone_mode=False); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert {"flask", "sqlalchemy", "itsm.app"} & set(done.stdout.splitlines()[-1].split()) == set()
