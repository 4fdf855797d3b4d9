"""Agents that misbehave, each in one way. A behaviour takes a datagram and returns what to send, or None."""

from __future__ import annotations

import itertools
import os
import socket
import time
from collections.abc import Iterator

from tests.discovery.probe.responder import (
    GET,
    GETBULK,
    Agent,
    Behaviour,
    Oid,
    Request,
    bind,
    integer,
    number,
    parse,
    response,
    switch,
    text,
    tlv,
)  # fmt: skip

IF_DESCR = (1, 3, 6, 1, 2, 1, 2, 2, 1, 2)


class Hostile(Agent):
    """An agent that is honest about the system group, so that it gets read, and then misbehaves."""

    def __init__(self) -> None:
        super().__init__(switch(4, name=type(self).__name__))

    def answer(self, request: Request) -> bytes | None:
        if request.pdu == GET:
            return super().answer(request)
        return self.misbehave(request)

    def misbehave(self, request: Request) -> bytes | None:
        raise NotImplementedError

    def count(self, request: Request) -> int:
        """How many rows a request asks for."""
        return len(request.oids) * (max(1, request.second) if request.pdu == GETBULK else 1)

    def repeated(self, request: Request, make: object) -> bytes:
        """Fill an answer column by column with ``make(oid, step)``."""
        rows = max(1, request.second) if request.pdu == GETBULK else 1
        binds = [make(oid, step) for step in range(rows) for oid in request.oids]  # type: ignore[operator]
        return response(request, binds[:40])


class SameOid(Hostile):
    def misbehave(self, request: Request) -> bytes:
        return self.repeated(request, lambda oid, step: bind(oid, text("again")))


class Decreasing(Hostile):
    def misbehave(self, request: Request) -> bytes:
        def down(oid: Oid, step: int) -> bytes:
            last = oid[-1] - 1 - step if len(oid) > 11 else 1_000_000 - step
            return bind((*oid[:10], max(0, last)), text("down"))

        return self.repeated(request, down)


class Cycle(Hostile):
    """Rows 1 to 7 over and over: the last OID alone never tells."""

    def __init__(self) -> None:
        super().__init__()
        self.turn = itertools.count()

    def misbehave(self, request: Request) -> bytes:
        return self.repeated(request, lambda oid, step: bind((*oid[:10], 1 + next(self.turn) % 7), text("round")))


class EmptyBindings(Hostile):
    def misbehave(self, request: Request) -> bytes:
        return response(request, [])


class Endless(Hostile):
    """A column that never ends, always increasing."""

    def misbehave(self, request: Request) -> bytes:
        return self.repeated(
            request, lambda oid, step: bind((*oid[:10], (oid[10] if len(oid) > 10 else 0) + 1 + step), text("more"))
        )


class HugeStrings(Hostile):
    def misbehave(self, request: Request) -> bytes:
        return response(request, [bind((*request.oids[0][:10], time.monotonic_ns() % 2**31), (4, b"x" * 60_000))])


class OddText(Hostile):
    """Invalid UTF-8, NULs, bidirectional marks and escape sequences as names."""

    def __init__(self) -> None:
        super().__init__()
        rows = dict(self.rows)
        odd = [b"\xff\xfe\xc0\x80", b"a\x00b", "\u202egnp.exe".encode(), b"\x1b]0;owned\x07", b"\xf0\x28\x8c\x28"]
        for port in range(1, 5):
            rows[(*IF_DESCR, port)] = (4, odd[port % len(odd)])
        rows[(1, 3, 6, 1, 2, 1, 1, 5, 0)] = (4, odd[0])
        Agent.__init__(self, rows)

    def misbehave(self, request: Request) -> bytes | None:
        return Agent.answer(self, request)


class WrongTypes(Hostile):
    """Numbers where text belongs, text where numbers belong, and types that SNMP does not have."""

    def __init__(self) -> None:
        super().__init__()
        rows = dict(self.rows)
        for place, (oid, (tag, octets)) in enumerate(self.rows.items()):
            if oid[:9] == (1, 3, 6, 1, 2, 1, 2, 2, 1):
                rows[oid] = [number(7), text("text"), (0x30, b"\x05\x00"), (0x1F, b"?"), (tag, octets)][place % 5]
        Agent.__init__(self, rows)

    def misbehave(self, request: Request) -> bytes | None:
        return Agent.answer(self, request)


class NegativeLength(Hostile):
    def misbehave(self, request: Request) -> bytes:
        return response(request, [b"\x30\x84\xff\xff\xff\xff\x06\x03\x2b\x06\x01"])


class Truncated(Hostile):
    def misbehave(self, request: Request) -> bytes:
        whole = Agent.answer(self, request) or b""
        return whole[: len(whole) * 2 // 3]


class DeepNesting(Hostile):
    """Two thousand sequences inside each other where a binding belongs."""

    def __init__(self) -> None:
        super().__init__()
        self.nested = b""
        for _ in range(2_000):
            self.nested = tlv(0x30, self.nested)

    def misbehave(self, request: Request) -> bytes:
        return response(request, [self.nested])


class HugeTable(Hostile):
    """An ifTable of 100,000 rows that nobody has in memory."""

    def misbehave(self, request: Request) -> bytes:
        def row(oid: Oid, step: int) -> bytes:
            index = (oid[10] if len(oid) > 10 else 0) + 1 + step
            if index <= 100_000 and oid[:9] == IF_DESCR[:9]:
                return bind((*oid[:10], index), text(f"port {index}"))
            return bind(oid, (0x82, b""))

        return self.repeated(request, row)


class Slow(Hostile):
    """One row every two seconds: alive, and never done."""

    def __init__(self) -> None:
        super().__init__()
        self.next_at = 0.0

    def misbehave(self, request: Request) -> bytes | None:
        if time.monotonic() < self.next_at:
            return None
        self.next_at = time.monotonic() + 2
        oid = request.oids[0]
        return response(request, [bind((*oid[:10], (oid[10] if len(oid) > 10 else 0) + 1), text("at last"))])


class OtherSource(Hostile):
    """Answers the columns from another port, which anyone could."""

    peer = ("127.0.0.1", 9)

    def misbehave(self, request: Request) -> bytes | None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.sendto(Agent.answer(self, request) or b"", self.peer)
        return None


class Doubled(Hostile):
    """Every answer three times, and the one before once more."""

    def __init__(self) -> None:
        super().__init__()
        self.late = b""

    def __call__(self, data: bytes) -> list[bytes]:  # type: ignore[override]
        out = Agent.answer(self, parse(data)) or b""
        late, self.late = self.late, out
        return [one for one in (late, out, out, out) if one]


class WrongId(Hostile):
    def misbehave(self, request: Request) -> bytes | None:
        return Agent.answer(self, request._replace(request_id=os.urandom(3)))


class TooBigForever(Hostile):
    def misbehave(self, request: Request) -> bytes:
        return response(request, [], status=1)


class SilentAfterwards(Hostile):
    def misbehave(self, request: Request) -> bytes | None:
        return None


class Flood(Hostile):
    """A thousand datagrams of noise for every question."""

    def __call__(self, data: bytes) -> Iterator[bytes]:  # type: ignore[override]
        request = parse(data)
        if request.pdu == GET and len(request.oids) == 1:
            yield Agent.answer(self, request) or b""
            return
        noise = os.urandom(1_000)
        for _ in range(1_000):
            yield noise


class GeneralError(Hostile):
    def misbehave(self, request: Request) -> bytes:
        return response(request, [], status=5, position=1)


class Patched(Hostile):
    """An honest agent with odd values."""

    def patches(self) -> dict[Oid, tuple[int, bytes]]:
        raise NotImplementedError

    def __init__(self) -> None:
        super().__init__()
        Agent.__init__(self, {**self.rows, **self.patches()})

    def misbehave(self, request: Request) -> bytes | None:
        return Agent.answer(self, request)


class WrappedCounters(Patched):
    """Counters and speeds at their very ends, some without the leading zero that BER wants."""

    def patches(self) -> dict[Oid, tuple[int, bytes]]:
        return {
            (1, 3, 6, 1, 2, 1, 2, 2, 1, 5, 1): (0x42, b"\xff\xff\xff\xff"),
            (1, 3, 6, 1, 2, 1, 2, 2, 1, 5, 2): (0x42, b"\x00\xff\xff\xff\xff"),
            (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 15, 1): (0x42, b"\xff\xff\xff\xff"),
            (1, 3, 6, 1, 2, 1, 1, 3, 0): (0x43, b"\xff\xff\xff\xff"),
        }


class ClockBackwards(Hostile):
    """sysUpTime that runs backwards from question to question."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 2**31

    def answer(self, request: Request) -> bytes | None:
        self.time -= 100_000
        self.binds[self.oids.index((1, 3, 6, 1, 2, 1, 1, 3, 0))] = bind(
            (1, 3, 6, 1, 2, 1, 1, 3, 0), number(self.time, 0x43)
        )
        self.rows = {**self.rows, (1, 3, 6, 1, 2, 1, 1, 3, 0): number(self.time, 0x43)}
        return Agent.answer(self, request)


class SharedSerial(Patched):
    def patches(self) -> dict[Oid, tuple[int, bytes]]:
        return {(1, 3, 6, 1, 2, 1, 47, 1, 1, 1, 1, 11, 1): text("SN-0001")}


class ZeroMacs(Patched):
    def patches(self) -> dict[Oid, tuple[int, bytes]]:
        return {(1, 3, 6, 1, 2, 1, 2, 2, 1, 6, port): (4, bytes(6)) for port in range(1, 5)}


# ------------------------------------------------------------------------------------------------ version 3
def report(data: bytes, engine: bytes, boots: int, clock: int, counter: int = 4) -> bytes:
    """An SNMPv3 report to whatever message came: usmStats counter 4 is unknown engine id, 2 not in time window."""
    at = data.index(b"\x02\x01\x03") + 3
    message_id = data[at + 4 : at + 4 + data[at + 3]] if data[at + 1] < 128 else b"\x01"
    header = tlv(0x30, tlv(2, message_id) + integer(65_507) + b"\x04\x01\x00" + integer(3))
    security = tlv(0x30, tlv(4, engine) + integer(boots) + integer(clock) + b"\x04\x00\x04\x00\x04\x00")
    counters = bind((1, 3, 6, 1, 6, 3, 15, 1, 1, counter, 0), number(1, 0x41))
    pdu = tlv(0xA8, integer(1) + integer(0) + integer(0) + tlv(0x30, counters))
    scoped = tlv(0x30, tlv(4, engine) + b"\x04\x00" + pdu)
    return tlv(0x30, integer(3) + header + tlv(4, security) + scoped)


class ReportStorm:
    """Two hundred reports for every message."""

    def __call__(self, data: bytes) -> Iterator[bytes]:
        for _ in range(200):
            yield report(data, b"\x80\x00\x1f\x88\x80storm", 1, 1)


class ChangingEngine:
    """Another engine id with every answer."""

    def __call__(self, data: bytes) -> bytes:
        return report(data, b"\x80\x00\x1f\x88\x80" + os.urandom(6), 1, 1)


class LyingClock:
    """Always "not in your time window", with a clock from elsewhere."""

    def __init__(self) -> None:
        self.turn = itertools.count(1)

    def __call__(self, data: bytes) -> bytes:
        turn = next(self.turn)
        return report(data, b"\x80\x00\x1f\x88\x80clock", 2**31 - 1 - turn, turn * 100_000, 4 if turn == 1 else 2)


V2C: dict[str, tuple[type[Hostile], set[str]]] = {
    "same OID for ever": (SameOid, {"loop"}),
    "decreasing OIDs": (Decreasing, {"loop", "unordered"}),
    "a cycle of seven rows": (Cycle, {"loop"}),
    "no bindings at all": (EmptyBindings, {"empty_answer"}),
    "an endless increasing table": (Endless, {"budget_rows", "budget_packets", "budget_time"}),
    "strings of 60,000 octets": (HugeStrings, {"budget_bytes", "loop"}),
    "text that is none": (OddText, {"ok"}),
    "wrong types": (WrongTypes, {"malformed"}),
    "negative lengths": (NegativeLength, {"malformed"}),
    "truncated BER": (Truncated, {"malformed"}),
    "deep nesting": (DeepNesting, {"malformed"}),
    "an ifTable of 100,000 rows": (HugeTable, {"budget_rows", "budget_packets", "budget_time"}),
    "one row every two seconds": (Slow, {"budget_time"}),
    "answers from another port": (OtherSource, {"silent", "other_source", "budget_time"}),
    "doubled and late answers": (Doubled, {"ok"}),
    "wrong request ids": (WrongId, {"wrong_id", "budget_time"}),
    "tooBig for ever": (TooBigForever, {"too_big"}),
    "silence after the system group": (SilentAfterwards, {"silent", "budget_time"}),
    "a flood of noise": (Flood, {"budget_bytes", "budget_packets", "malformed"}),
    "a general error for every column": (GeneralError, {"agent_error"}),
    "wrapped counters": (WrappedCounters, {"ok"}),
    "a clock that runs backwards": (ClockBackwards, {"ok"}),
    "the serial number of another": (SharedSerial, {"ok"}),
    "MACs of zeros": (ZeroMacs, {"ok"}),
}
"""The behaviour and the reasons that may end the reading of it."""
V3: dict[str, tuple[type[object], set[str]]] = {
    "a storm of reports": (ReportStorm, {"auth_failed", "engine_id_changed", "no_valid_answer", "budget_packets"}),
    "another engine id each time": (ChangingEngine, {"engine_id_changed", "no_valid_answer"}),
    "a lying clock": (LyingClock, {"time_window", "no_valid_answer"}),
}


def behaviours() -> dict[str, Behaviour]:
    """One of each, by name."""
    return {name: kind() for name, (kind, _) in {**V2C, **V3}.items()}  # type: ignore[misc]
