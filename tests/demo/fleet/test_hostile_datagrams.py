"""Whatever is sent to a simulated agent, it answers within a packet or keeps silent; it never breaks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itsm.demo.fleet import ber
from itsm.demo.fleet.agent import Agent
from itsm.demo.fleet.build import template
from itsm.demo.fleet.pdu import GET, GET_BULK, GET_NEXT, SET
from itsm.demo.fleet.secrets import COMMUNITY, V3_USER
from itsm.demo.fleet.usm import Engine
from itsm.demo.fleet.world import World

WORLD = World.larkspur()
AGENT = Agent(
    "acc-sw1", serial="CN91HKW05T", mac=0x94F1285C1000, started=0.0, template=template(WORLD, "acc-sw1"),
    community=COMMUNITY.encode(), engine=Engine(b"\x80\x00\x00\x0b\x03abcdef", V3_USER, boots=1, started=0.0),
)  # fmt: skip
LARGEST = 1472


def message(version: int, kind: int, numbers: tuple[int, int, int], names: list[tuple[int, ...]]) -> bytes:
    bindings = b"".join(ber.tlv(ber.SEQUENCE, ber.oid(name) + ber.NULL) for name in names)
    pdu = b"".join(map(ber.integer, numbers)) + ber.tlv(ber.SEQUENCE, bindings)
    return ber.tlv(ber.SEQUENCE, ber.integer(version) + ber.octets(COMMUNITY) + ber.tlv(kind, pdu))


arcs = st.lists(st.integers(0, 2**32 - 1), max_size=20).map(lambda rest: (1, 3, *rest))
ours = st.sampled_from([(1, 3, 6, 1, 2, 1, 2, 2, 1, 2), (1, 3, 6, 1, 2, 1, 1, 1, 0), (1, 3, 6, 1, 2, 1, 31)])
messages = st.builds(
    message,
    st.sampled_from([0, 1]),
    st.sampled_from([GET, GET_NEXT, GET_BULK, SET]),
    st.tuples(st.integers(-(2**31), 2**31 - 1), st.integers(-5, 2**31 - 1), st.integers(-5, 2**31 - 1)),
    st.lists(arcs | ours, max_size=40),
)


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=200))
def test_noise_is_met_with_silence(data: bytes) -> None:
    assert AGENT.answer(data, 100.0) is None


@settings(deadline=None, max_examples=200)
@given(messages)
def test_any_request_is_answered_within_a_packet(data: bytes) -> None:
    answer = AGENT.answer(data, 100.0)
    if answer is not None:
        assert len(answer) <= max(LARGEST, len(data) + 16)
        ber.expect(answer, 0, len(answer), ber.SEQUENCE)


@settings(deadline=None, max_examples=200)
@given(messages, st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=4))
def test_damaged_requests_break_nothing(data: bytes, damage: list[tuple[int, int]]) -> None:
    broken = bytearray(data)
    for place, octet in damage:
        broken[place % len(broken)] = octet
    answer = AGENT.answer(bytes(broken), 100.0)
    assert answer is None or answer[0] == ber.SEQUENCE


def discovery() -> bytes:
    """Return the message by which a client asks for the engine id."""
    head = ber.integer(5) + ber.integer(65507) + ber.octets(b"\x04") + ber.integer(3)
    security = ber.tlv(ber.SEQUENCE, ber.octets(b"") + ber.integer(0) * 2 + ber.octets(b"") * 3)
    pdu = ber.tlv(GET, ber.integer(1) + ber.integer(0) * 2 + ber.tlv(ber.SEQUENCE, b""))
    scoped = ber.tlv(ber.SEQUENCE, ber.octets(b"") * 2 + pdu)
    return ber.tlv(ber.SEQUENCE, ber.integer(3) + ber.tlv(ber.SEQUENCE, head) + ber.octets(security) + scoped)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=6))
def test_damaged_version_3_messages_break_nothing(damage: list[tuple[int, int]]) -> None:
    broken = bytearray(discovery())
    for place, octet in damage:
        broken[place % len(broken)] = octet
    answer = AGENT.answer(bytes(broken), 100.0)
    assert answer is None or (answer[0] == ber.SEQUENCE and len(answer) < 256)
    if not damage:
        assert answer is not None
        assert b"\x80\x00\x00\x0b\x03abcdef" in answer


@pytest.mark.parametrize("kind", [GET, GET_NEXT, GET_BULK])
@pytest.mark.parametrize("version", [0, 1])
def test_thousands_of_names_are_too_big(version: int, kind: int) -> None:
    request = message(version, kind, (7, 4000, 1), [(1, 3, 6, 1, 2, 1, 1, 1, 0)] * 4000)
    answer = AGENT.answer(request, 100.0)
    if version == 0 and kind == GET_BULK:
        assert answer is None
    else:
        assert answer is not None
        assert len(answer) < 64
        assert ber.integer(7) + ber.integer(1) + ber.integer(0) in answer


def test_bulk_fills_the_packet_and_no_more() -> None:
    request = message(1, GET_BULK, (9, 0, 2**31 - 1), [(1, 3, 6, 1, 2, 1, 2, 2, 1, 2)])
    answer = AGENT.answer(request, 100.0)
    assert answer is not None
    assert 1300 < len(answer) <= LARGEST
