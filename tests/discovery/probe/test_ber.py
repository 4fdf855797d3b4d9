"""Our codec against pysnmp's: the same octets mean the same; broken octets only ever mean Malformed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder, encoder
from pyasn1.error import PyAsn1Error
from pysnmp.proto.api import v2c

from itsm.discovery import wire
from itsm.discovery.probe.snmp import ber
from itsm.discovery.probe.snmp.knock import engine_knock, read_engine
from itsm.discovery.probe.snmp.values import index_text, oid_text, value_text
from tests.discovery.probe.corpora import recordings
from tests.discovery.probe.hostile.snmp import report

arcs = st.integers(0, 2**32 - 1)
oids = st.one_of(
    st.tuples(st.integers(0, 1), st.integers(0, 39)), st.tuples(st.just(2), st.integers(0, 2**32 - 81))
).flatmap(lambda head: st.lists(arcs, max_size=40).map(lambda rest: (*head, *rest)))
values = st.one_of(
    st.integers(-(2**31), 2**31 - 1).map(v2c.Integer32),
    st.binary(max_size=300).map(v2c.OctetString),
    oids.map(v2c.ObjectIdentifier),
    st.binary(min_size=4, max_size=4).map(v2c.IpAddress),
    st.integers(0, 2**32 - 1).map(v2c.Counter32),
    st.integers(0, 2**32 - 1).map(v2c.Gauge32),
    st.integers(0, 2**32 - 1).map(v2c.TimeTicks),
    st.integers(0, 2**64 - 1).map(v2c.Counter64),
)


def dotted(oid: tuple[int, ...]) -> str:
    return ".".join(map(str, oid))


def theirs(rows: list[tuple[tuple[int, ...], object]], *, request_id: int = 7) -> bytes:
    """An answer as pysnmp writes it."""
    message, pdu = v2c.Message(), v2c.ResponsePDU()
    v2c.apiMessage.set_defaults(message)
    v2c.apiMessage.set_community(message, b"public")
    v2c.apiPDU.set_defaults(pdu)
    v2c.apiPDU.set_request_id(pdu, request_id)
    v2c.apiPDU.set_varbinds(pdu, rows)
    v2c.apiMessage.set_pdu(message, pdu)
    return bytes(encoder.encode(message))


def expected(value: object) -> tuple[str, str]:
    """What the wire says for one of pysnmp's values."""
    if isinstance(value, v2c.IpAddress):
        return wire.IP, ".".join(map(str, value.asOctets()))
    if isinstance(value, v2c.OctetString):
        octets = value.asOctets()
        printable = all(32 <= octet < 127 or octet in b"\t\r\n" for octet in octets)
        return (wire.OCTETS, octets.decode()) if printable else (wire.OCTETS_HEX, octets.hex())
    if isinstance(value, v2c.ObjectIdentifier):
        return wire.OID, dotted(tuple(value))
    tag = {
        v2c.Counter64: wire.COUNTER64, v2c.Counter32: wire.COUNTER32, v2c.TimeTicks: wire.TICKS,
        v2c.Gauge32: wire.GAUGE32, v2c.Integer32: wire.INTEGER,
    }[type(value)]  # fmt: skip
    return tag, str(int(value))  # type: ignore[call-overload]


@given(st.lists(st.tuples(oids, values), max_size=8), st.integers(0, 2**31 - 1))
@settings(max_examples=300, deadline=None)
def test_an_answer_that_pysnmp_wrote_reads_the_same(rows: list[tuple[tuple[int, ...], object]], number: int) -> None:
    message = ber.decode_message(theirs(rows, request_id=number))
    assert (message.version, message.community, message.pdu) == (ber.VERSION_2C, b"public", ber.RESPONSE)
    assert (message.request_id, message.status, message.position) == (number, 0, 0)
    read = [(oid_text(name), value_text(tag, value)) for name, tag, value in message.rows]
    assert read == [(dotted(name), expected(value)) for name, value in rows]


@given(
    st.lists(oids, max_size=8),
    st.integers(0, 2**31 - 1),
    st.integers(0, 100),
    st.sampled_from([0xA0, 0xA1, 0xA5]),
)
@settings(max_examples=300, deadline=None)
def test_a_request_of_ours_reads_the_same_in_pysnmp(
    names: list[tuple[int, ...]], number: int, repetitions: int, pdu: int
) -> None:
    head = ber.message_head(ber.VERSION_2C, b"s3cret")
    asked = [ber.encode_oid(dotted(name)) for name in names]
    octets = ber.encode_request(head, pdu, number, asked, repetitions=repetitions)
    message, rest = decoder.decode(octets, asn1Spec=v2c.Message())
    read = v2c.apiMessage.get_pdu(message)
    assert (rest, bytes(v2c.apiMessage.get_community(message))) == (b"", b"s3cret")
    assert int(v2c.apiPDU.get_request_id(read)) == number
    kind = {0xA0: v2c.GetRequestPDU, 0xA1: v2c.GetNextRequestPDU, 0xA5: v2c.GetBulkRequestPDU}[pdu]
    assert type(read) is kind
    if pdu == ber.GETBULK:
        assert (int(read[1]), int(read[2])) == (0, repetitions)
    listed = v2c.apiBulkPDU.get_varbinds(read) if pdu == ber.GETBULK else v2c.apiPDU.get_varbinds(read)
    assert [tuple(name) for name, _ in listed] == names
    assert ber.peek_request_id(octets) == number


@given(oids)
def test_an_oid_survives_the_round_trip(oid: tuple[int, ...]) -> None:
    assert oid_text(ber.encode_oid(dotted(oid))) == dotted(oid)


@given(st.binary(max_size=200))
@settings(max_examples=500)
def test_octets_at_random_are_malformed_and_nothing_else(octets: bytes) -> None:
    with pytest.raises(ber.Malformed):
        ber.decode_message(octets)
        raise ber.Malformed  # the rare octets that are a message
    assert ber.peek_request_id(octets) is None or octets[0] >= 0


@given(st.binary(max_size=200), st.integers(0, 70), st.integers(0, 255))
@settings(max_examples=300)
def test_an_engine_id_is_read_from_a_report_and_from_nothing_else(octets: bytes, place: int, octet: int) -> None:
    whole = bytearray(report(engine_knock().template, b"\x80\x00\x1f\x88\x80some", 1, 1))
    heard = read_engine(bytes(whole))
    assert heard is not None
    assert heard[1] == b"\x80\x00\x1f\x88\x80some"
    assert read_engine(engine_knock().template) is None
    whole[place] = octet
    for damaged in (bytes(whole), octets, bytes(whole[:place])):
        found = read_engine(damaged)
        assert found is None or 5 <= len(found[1]) <= 32


@given(st.lists(st.tuples(oids, values), min_size=1, max_size=4), st.data())
@settings(max_examples=500, deadline=None)
def test_a_damaged_answer_is_read_or_refused_but_never_raises_anything_else(
    rows: list[tuple[tuple[int, ...], object]], data: st.DataObject
) -> None:
    octets = bytearray(theirs(rows))
    for _ in range(data.draw(st.integers(1, 3))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(octets[: data.draw(st.integers(0, len(octets)))])
    try:
        message = ber.decode_message(cut)
    except ber.Malformed:
        return
    for name, tag, value in message.rows:
        value_text(tag, value)
        try:
            oid_text(name)
        except ber.Malformed:
            continue


@pytest.mark.parametrize(
    "octets",
    [
        "", "30", "3000", "3080020101", "30ff", "3084ffffffff02", "3085000000000102",
        "302e02010104067075626c6963a221020107020100020100301630140608" + "2b0601020101018004",
        "30" * 200, "30820fff" * 50,
    ],
)  # fmt: skip
def test_hostile_lengths_and_nesting_are_refused(octets: str) -> None:
    with pytest.raises(ber.Malformed):
        ber.decode_message(bytes.fromhex(octets))


@pytest.mark.parametrize("octets", ["80", "8001", "ff", "908080800000", "81", "0180", "9fffffff7f"])
def test_impossible_object_identifiers_are_refused(octets: str) -> None:
    with pytest.raises(ber.Malformed):
        index_text(bytes.fromhex(octets))


@pytest.mark.parametrize("text", ["", "1", "1.40", "3.1", "1.3.-1", "1.3.x", "1.3." + str(2**32), "1." * 200 + "1"])
def test_text_that_is_no_oid_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        ber.encode_oid(text)


@pytest.mark.parametrize(
    ("tag", "octets", "text"),
    [
        (ber.COUNTER32, "ffffffff", (wire.COUNTER32, "4294967295")),  # agents that forget the leading zero
        (ber.INTEGER, "00ffffffff", (wire.INTEGER, "4294967295")),
        (ber.INTEGER, "", None), (ber.IP_ADDRESS, "010203", None), (ber.OBJECT_ID, "2b80", None),
        (ber.NULL, "", None), (0x30, "0500", None),
        (ber.OPAQUE, "9f780442c80000", (wire.OCTETS_HEX, "9f780442c80000")),
        (ber.OCTET_STRING, "00ff10", (wire.OCTETS_HEX, "00ff10")), (ber.OCTET_STRING, "", (wire.OCTETS, "")),
        (ber.OCTET_STRING, "e280ae", (wire.OCTETS_HEX, "e280ae")),
    ],
)  # fmt: skip
def test_odd_values_are_read_as_meant_or_dropped(tag: int, octets: str, text: tuple[str, str] | None) -> None:
    assert value_text(tag, bytes.fromhex(octets)) == text


def typed(rows: list[tuple[str, str, str]]) -> Iterator[tuple[tuple[int, ...], object]]:
    """The rows of a recording as pysnmp's values; rows that are no value are left out."""
    kinds = {
        "2": v2c.Integer32, "65": v2c.Counter32, "66": v2c.Gauge32, "67": v2c.TimeTicks, "70": v2c.Counter64,
    }  # fmt: skip
    for oid, tag, value in rows:
        name = tuple(map(int, oid.split(".")))
        try:
            if tag in kinds:
                yield name, kinds[tag](int(value))
            elif tag == "4":
                yield name, v2c.OctetString(value.encode())
            elif tag == "4x":
                yield name, v2c.OctetString(bytes.fromhex(value))
            elif tag == "6":
                yield name, v2c.ObjectIdentifier(value.strip("."))
        except (ValueError, PyAsn1Error):
            continue


@pytest.mark.parametrize("path", recordings(every=60), ids=lambda path: path.stem)
def test_a_recording_reads_the_same_as_in_pysnmp(path: Path) -> None:
    lines = [line.split("|", 2) for line in path.read_text("utf-8", "surrogateescape").splitlines()]
    rows = list(typed([(a, b, c) for a, b, c in (line for line in lines if len(line) == 3)][:400]))
    for at in range(0, len(rows), 20):
        part = rows[at : at + 20]
        message = ber.decode_message(theirs(part))
        read = [(oid_text(name), value_text(tag, value)) for name, tag, value in message.rows]
        assert read == [(dotted(name), expected(value)) for name, value in part]
