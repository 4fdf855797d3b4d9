"""The text of an error as the dead-letter page shows it: where it happened and what it said, bounded."""

import traceback
from pathlib import Path
from typing import Final

LONGEST: Final = 4000
FRAMES: Final = 8
_ENGINE_PACKAGES: Final = ("procrastinate", "asgiref", "concurrent", "asyncio")


def describe(error: BaseException) -> str:
    """Return the message of the error first, then its last frames without the engine's own, at most 4,000
    characters.
    """
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    # Values of local variables are never shown; PostgreSQL's text columns take no NUL.
    head = f"{name}: {error}".replace("\x00", "\ufffd")[: LONGEST // 2]
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _of_engine(frame.filename)]
    lines = [f"  {_short(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames[-FRAMES:]]
    cause = error.__cause__
    if cause is not None:
        lines.append(f"caused by {type(cause).__qualname__}: {cause}"[: LONGEST // 4].replace("\x00", "\ufffd"))
    return "\n".join([head, *lines])[:LONGEST]


def _of_engine(filename: str) -> bool:
    parts = Path(filename).parts
    return any(package in parts for package in _ENGINE_PACKAGES) or parts[-4:-1] == ("itsm", "infra", "jobs")


def _short(filename: str) -> str:
    return "/".join(Path(filename).parts[-3:])
