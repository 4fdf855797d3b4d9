"""A terminal session with a simulated device: echo, prompt, and a pager that waits for a key."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Final, Protocol

from itsm.demo.fleet.shell.machine import Output
from itsm.demo.fleet.shell.platforms import Platform

_PAGE_LINES: Final = 24
_LONGEST_LINE: Final = 4096
_LEAVING: Final = ("exit", "quit", "logout")


class Terminal(Protocol):
    """The two ways of a channel."""

    def recv(self, size: int) -> bytes:
        """Return what came, at most ``size`` octets; nothing where the other side has closed."""
        ...

    def sendall(self, data: bytes) -> None:
        """Send all of it."""
        ...


class Console:
    """One session at one device. Ends when the other side closes, says so, or types more than a line may hold."""

    def __init__(self, terminal: Terminal, platform: Platform, name: str, run: Callable[[str], Output]) -> None:
        self._terminal = terminal
        self._platform = platform
        self._prompt = platform.prompt.format(name=name)
        self._run = run
        self._pausing = bool(platform.pager)
        self._typed = bytearray()

    def serve(self) -> None:
        """Talk until the session ends."""
        with contextlib.suppress(EOFError):
            self._say("\r\n" + self._prompt)
            while (line := self._line()) not in _LEAVING:
                if line in self._platform.unpause:
                    self._pausing = False
                output = self._run(line) if line else Output()
                self._print(output.stdout + output.stderr)
                self._say(self._prompt)

    def _say(self, text: str) -> None:
        self._terminal.sendall(text.encode())

    def _key(self) -> int:
        """Return the next octet typed. Raises EOFError at the end."""
        if not self._typed:
            self._typed += self._terminal.recv(1024)
            if not self._typed:
                raise EOFError
        return self._typed.pop(0)

    def _line(self) -> str:
        """Return the next line typed, echoed as it comes. Raises EOFError at the end or beyond the longest line."""
        line = bytearray()
        while (key := self._key()) not in b"\r\n":
            if key in b"\x7f\b":
                del line[-1:]
            elif key == 3:
                line.clear()
            elif key >= 32:
                line.append(key)
                self._terminal.sendall(bytes((key,)))
            if len(line) > _LONGEST_LINE:
                raise EOFError
        if key == 13 and self._typed[:1] == b"\n":
            del self._typed[:1]
        self._say("\r\n")
        return line.decode("utf-8", "replace").strip()

    def _print(self, text: str) -> None:
        lines = text.splitlines()
        for begin in range(0, len(lines), _PAGE_LINES):
            if begin and self._pausing and not self._next_page():
                return
            page = lines[begin : begin + _PAGE_LINES] if self._pausing else lines
            self._say("".join(line + "\r\n" for line in page))
            if not self._pausing:
                return

    def _next_page(self) -> bool:
        """Wait for a key at the pager; tell whether to go on."""
        pager = self._platform.pager
        self._say(pager)
        key = self._key()
        self._say("\b" * len(pager) + " " * len(pager) + "\b" * len(pager))
        return key not in b"qQ\x03"
