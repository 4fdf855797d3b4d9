"""Orders and results as files, for sites without any connection.

An order is one envelope that the main site signed and sealed for one probe. A result is a run of envelopes, each with its
length before it: every one is signed by the probe and sealed for the house, the last one says how many there are.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final

from itsm.discovery.probe.remote.envelope import MOST_PACKED, Refused
from itsm.discovery.probe.remote.home import Home, flush_folder
from itsm.discovery.probe.remote.spool import Spool
from itsm.discovery.probe.remote.sweeper import Sweeper, now_utc, open_order

MAGIC: Final = b"ITSMPRB-RESULT1\n"
MOST_FILE: Final = 1024 * 1024 * 1024
MOST_FRAMES: Final = 100_000
_LENGTH: Final = struct.Struct(">I")


def run_file(
    home: Home,
    order: Path,
    result: Path,
    *,
    say: Callable[[str], None],
    should_stop: Callable[[], bool] = lambda: False,
) -> bool:
    """Work by an order file and write the result; False where it was stopped before: run it again, and it goes on.

    Raises Refused for an order that is not for this probe, was changed or expired.
    """
    identity = home.identity()
    data = _read(order)
    head, _ = open_order(data, identity, now=now_utc())
    part = str(head["part"])
    spool = Spool(result.with_name(result.name + ".spool"))
    try:
        spool.accept(part, data)
        seen = 0

        def told() -> None:
            nonlocal seen
            seen += 1
            say(f"{seen} deliveries kept")

        sweeper = Sweeper(
            identity, spool, seal=True, should_stop=should_stop, is_watched=lambda: False, on_delivery=told
        )
        while spool.next_work() is not None:
            if not sweeper.run_one():
                return False
        _write(spool, part, result)
    finally:
        spool.close()
    for left in result.parent.glob(result.name + ".spool*"):
        left.unlink()
    return True


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(MOST_PACKED + 1)
    if len(data) > MOST_PACKED:
        raise Refused(f"{path.name} is too large to be an order.")
    return data


def _write(spool: Spool, part: str, result: Path) -> None:
    fresh = result.with_name(result.name + ".new")
    with fresh.open("wb") as file:
        file.write(MAGIC)
        for one in spool.everything(part):
            file.write(_LENGTH.pack(len(one.body)))
            file.write(one.body)
        file.write(_LENGTH.pack(0))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(result)
    flush_folder(result.parent)  # the spool is removed next


def frames(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the envelopes of a result file. Raises Refused for what is none, was cut off, or is larger than allowed."""
    if file.read(len(MAGIC)) != MAGIC:
        raise Refused("This is not the result of a probe.")
    total = 0
    for _ in range(MOST_FRAMES):
        length = file.read(_LENGTH.size)
        if len(length) != _LENGTH.size:
            raise Refused("The file was cut off: its end is missing. Copy it again.")
        (size,) = _LENGTH.unpack(length)
        if size == 0:
            if file.read(1):
                raise Refused("Something was added to the end of the file, so it was not read.")
            return
        total += size
        if size > MOST_PACKED or total > MOST_FILE:
            raise Refused("The file is larger than any honest result.")
        frame = file.read(size)
        if len(frame) != size:
            raise Refused("The file was cut off: its end is missing. Copy it again.")
        yield frame
    raise Refused("The file holds more deliveries than any honest result.")
