"""Talk to a network CLI through its terminal: learn the prompt, stop the pager, ask, know where an answer ends."""

from __future__ import annotations

import time
from typing import Final

from itsm.discovery.probe.budget import Stopped
from itsm.discovery.probe.ssh.commands import VERSION_QUESTIONS, NetworkCli, recognise
from itsm.discovery.probe.ssh.link import Terminal
from itsm.discovery.probe.ssh.terminal import is_paused, plain, prompt_at_end, without_pager
from itsm.discovery.wire import CommandOutput

QUIET: Final = 0.25
"""Seconds of silence behind a prompt that end an answer: a prompt in the middle of an output is followed by more."""
MOST_OCTETS: Final = 2_000_000


class Shell:
    """A conversation with a CLI. Everything it raises is Stopped."""

    def __init__(self, terminal: Terminal, *, seconds: float = 20.0) -> None:
        self._terminal, self._seconds = terminal, seconds
        self.prompt = ""

    def begin(self) -> None:
        """Wait for the first prompt and learn it. Raises Stopped(``no_prompt``)."""
        text = self._until_prompt(10.0)
        found = prompt_at_end(text)
        if found is None:
            raise Stopped("no_prompt", "no command prompt was recognised")
        self.prompt = found

    def ask(self, command: str) -> str:
        """Run one command and return its output without echo and prompt. Raises Stopped."""
        self._terminal.send(command + "\n")
        text = self._until_prompt(self._seconds)
        lines = text.split("\n")
        if lines and lines[0].strip().endswith(command):
            del lines[0]
        if lines and lines[-1].strip() == self.prompt:
            del lines[-1]
        return without_pager("\n".join(lines)).strip("\n")

    def _until_prompt(self, seconds: float) -> str:
        """Return what comes until the prompt stands at the end and nothing follows."""
        until = time.monotonic() + seconds
        heard = bytearray()
        while time.monotonic() < until:
            piece = self._terminal.receive(QUIET if heard else 1.0)
            heard += piece
            if len(heard) > MOST_OCTETS:
                raise Stopped("budget_bytes", f"more than {MOST_OCTETS} octets for one command")
            if piece:
                continue
            text = plain(bytes(heard[-4096:]))
            if is_paused(text):
                self._terminal.send(" ")
            elif self._at_prompt(text):
                return plain(bytes(heard))
        if not self.prompt:
            raise Stopped("no_prompt", "no command prompt came")
        raise Stopped("budget_time", "the prompt did not come back")

    def _at_prompt(self, text: str) -> bool:
        last = text.rsplit("\n", 1)[-1].strip()
        return last == self.prompt if self.prompt else prompt_at_end(text) is not None


def identify(shell: Shell) -> tuple[NetworkCli | None, str, str]:
    """Ask for the version and return (CLI or None, the command, its output)."""
    mark = "<" if shell.prompt.startswith("<") else shell.prompt[-1]
    first = VERSION_QUESTIONS.get(mark, "show version")
    for command in dict.fromkeys((first, "show version", "get system status", "display version")):
        text = shell.ask(command)
        cli = recognise(text)
        if cli is not None:
            return cli, command, text
    return None, first, ""


def read_cli(shell: Shell, outputs: list[CommandOutput], only: frozenset[str] = frozenset()) -> None:
    """Recognise a CLI and run its commands (of the kinds in ``only``, if any) into ``outputs``.

    Raises Stopped, also ``unknown_cli``.
    """
    shell.begin()
    cli, asked, text = identify(shell)
    if cli is None:
        raise Stopped("unknown_cli", f"prompt {shell.prompt[:60]!r}")
    for command in cli.quiet:
        shell.ask(command)
    for one in cli.commands:
        if only and one.kind not in only:
            continue
        output = text if one.command == asked and len(text) < _ONE_PAGE else shell.ask(one.command)
        if output and not refused(output):
            outputs.append(CommandOutput(one.command, one.kind, output))


_ONE_PAGE: Final = 1_500
"""Octets of a version text that no pager can have cut; a longer one is asked for again without the pager."""
_REFUSALS: Final = (
    "% invalid", "invalid input", "% unknown", "unknown command", "syntax error",
    "% incomplete", "unrecognized command", "% ambiguous", "error: unrecognized", "command fail", "bad command name",
    "% authorization failed",
)  # fmt: skip


def refused(output: str) -> bool:
    """Tell whether an output is only the CLI's way to say that it has no such command."""
    return len(output) < 400 and any(word in output.lower() for word in _REFUSALS)
