"""The one way to start another program: an argument list, no shell, bounded in time and output.

The program gets an empty environment but for a short allow-list, nothing on standard input unless given, and
a process group of its own that is killed as a whole when the run ends, whatever the reason.
"""

import contextlib
import os
import selectors
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ALLOWED_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "HOME", "TMPDIR")
_CHUNK = 65536


class ProgramError(Exception):
    """Base of the reasons why a program gave no usable result."""


class ProgramMissing(ProgramError):
    """The program is not installed, or may not be executed."""


class ProgramTimedOut(ProgramError):
    """The program ran longer than allowed and was killed."""


class OutputTooLarge(ProgramError):
    """The program wrote more than allowed and was killed."""


class ProgramFailed(ProgramError):
    """The program ended with a non-zero code where success was demanded."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What a program left behind: exit code (negative: killed by that signal), output, errors, seconds."""

    code: int
    out: bytes
    err: bytes
    seconds: float


def run(
    argv: Sequence[str],
    *,
    timeout: float,
    stdin: bytes = b"",
    max_output: int = 1 << 20,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    check: bool = False,
) -> Finished:
    """Run a program to its end and return what it wrote.

    `timeout` is in seconds, `max_output` in bytes over output and errors together; `environment` adds to the
    allow-list. Raises ProgramMissing, ProgramTimedOut, OutputTooLarge and, with `check`, ProgramFailed.
    """
    words = _checked(argv)
    name = Path(words[0]).name
    started = time.monotonic()
    with _started(words, environment or {}, folder) as child:
        try:
            out, err = _exchange(child, stdin, started + timeout, max_output)
            code = child.wait(max(0.01, started + timeout - time.monotonic()))
        except (TimeoutError, subprocess.TimeoutExpired):
            raise ProgramTimedOut(f"{name} took longer than {timeout:g} seconds and was stopped.") from None
        except OverflowError:
            raise OutputTooLarge(f"{name} wrote more than {max_output} bytes and was stopped.") from None
        finally:
            _kill_group(child)
    finished = Finished(code, out, err, time.monotonic() - started)
    if check and code != 0:
        said = err.decode("utf-8", "replace").strip().splitlines()
        raise ProgramFailed(f"{name} ended with code {code}: {said[-1][:300] if said else 'it said nothing'}")
    return finished


def _checked(argv: Sequence[str]) -> list[str]:
    if isinstance(argv, str | bytes) or not argv:
        raise TypeError("A program is started from a list of words, never from one line.")
    words = list(argv)
    if any(not isinstance(word, str) or "\0" in word for word in words):
        raise ProgramError("A word of the command is not text, or holds a NUL character.")
    found = shutil.which(words[0])
    if found is None:
        raise ProgramMissing(f"The program {words[0]} is not installed here.")
    return [found, *words[1:]]


def _started(words: list[str], extra: Mapping[str, str], folder: Path | None) -> "subprocess.Popen[bytes]":
    kept = {name: os.environ[name] for name in ALLOWED_ENVIRONMENT if name in os.environ}
    try:
        return subprocess.Popen(  # noqa: S603 - a list of words, no shell
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**kept, **extra},
            cwd=folder,
            start_new_session=True,
        )
    except OSError as error:
        raise ProgramMissing(f"The program {words[0]} cannot be started: {error.strerror}.") from error


def _exchange(child: "subprocess.Popen[bytes]", stdin: bytes, deadline: float, max_output: int) -> tuple[bytes, bytes]:
    """Feed the input and gather both outputs; raises TimeoutError or OverflowError."""
    gathered: dict[object, bytearray] = {child.stdout: bytearray(), child.stderr: bytearray()}
    waiting = memoryview(stdin)
    with selectors.DefaultSelector() as selector:
        for stream in (child.stdout, child.stderr):
            _watch(selector, stream, selectors.EVENT_READ)
        _watch(selector, child.stdin, selectors.EVENT_WRITE)
        while selector.get_map():
            if time.monotonic() >= deadline:
                raise TimeoutError
            for key, _ in selector.select(min(0.2, max(0.0, deadline - time.monotonic()))):
                if key.fileobj is child.stdin:
                    waiting = _feed(selector, child.stdin, waiting)
                elif chunk := os.read(key.fd, _CHUNK):
                    gathered[key.fileobj] += chunk
                    if sum(map(len, gathered.values())) > max_output:
                        raise OverflowError
                else:
                    selector.unregister(key.fileobj)
            if child.poll() is not None:
                # A grandchild may still hold the pipes open; the group ends with the program.
                _kill_group(child)
                if child.stdin in {key.fileobj for key in selector.get_map().values()}:
                    selector.unregister(child.stdin)
    return bytes(gathered[child.stdout]), bytes(gathered[child.stderr])


def _watch(selector: selectors.BaseSelector, stream: IO[bytes] | None, event: int) -> None:
    assert stream is not None  # noqa: S101 - all three were opened as pipes
    os.set_blocking(stream.fileno(), False)
    selector.register(stream, event)


def _feed(selector: selectors.BaseSelector, stream: IO[bytes] | None, waiting: memoryview) -> memoryview:
    """Write what the pipe takes; close it when all is written or nobody reads."""
    assert stream is not None  # noqa: S101
    try:
        waiting = waiting[os.write(stream.fileno(), waiting[:_CHUNK]) :] if waiting else waiting
    except BrokenPipeError:
        waiting = waiting[len(waiting) :]
    if not waiting:
        selector.unregister(stream)
        stream.close()
    return waiting


def _kill_group(child: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
