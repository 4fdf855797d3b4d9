"""Whatever a probe, a file or an order says in place of the right thing: the answer is a refusal, and no fault."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from itsm.discovery.probe.remote import envelope
from itsm.discovery.probe.remote.envelope import Refused
from itsm.discovery.probe.remote.home import CARD, TOKEN, read_card, read_token
from itsm.discovery.probe.remote.keys import KeyPair
from itsm.discovery.probe.remote.spool import Spool
from itsm.discovery.probe.remote.sweeper import Identity, Sweeper, open_order
from itsm.discovery.services.prepared import prepare
from itsm.discovery.wire import CommandOutput, HostReport, Stage, Varbind

REPORT = HostReport(
    address="10.0.0.1",
    taken_at="2026-11-23T12:00:00+00:00",
    stages=(Stage("snmp", "ok", 12, 900, 4, "said"), Stage("ssh", "auth_failed")),
    snmp_version="2c",
    engine_id="80001f88",
    varbinds=(Varbind("1.3.6.1.2.1.1.5.0", "4", "sw-1"), Varbind("1.3.6.1.2.1.1.1.0", "4x", "fffe41")),
    outputs=(CommandOutput("uname -s", "uname", "Linux\n", "", 0), CommandOutput("show version", "x/y", "IOS")),
    host_keys=(("ssh-ed25519", "SHA256:abc"),),
    ssh_banner="SSH-2.0-x",
    open_ports=(22, 443),
    certificate="MIIB",
    credential="credential:1",
)
NAMES = sorted({*REPORT.to_json(), "name", "reason", "detail", "bytes", "command", "kind", "stdout", "status", "new"})
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["1", "\x00", "\ud800"])
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), inner),
    max_leaves=12,
)
FUZZ = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to everything in a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(one for key, part in inner for one in places(part, (*path, key)))]


def changed(value: Any, path: tuple[Any, ...], into: Any) -> Any:
    """Return a value of which one place holds something else."""
    if not path:
        return into
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(copy[path[0]], path[1:], into)
    return copy


PLAIN = json.loads(json.dumps(REPORT.to_json()))
NEARLY = st.builds(changed, st.just(PLAIN), st.sampled_from(places(PLAIN)), ANYTHING)


@FUZZ
@given(NEARLY | ANYTHING)
def test_what_is_read_as_a_report_is_one_in_every_part(data: Any) -> None:
    try:
        report = HostReport.from_json(data)
    except ValueError:
        return
    told = [one for stage in report.stages for one in (stage.name, stage.reason, stage.detail)]
    told += [one for row in report.varbinds for one in (row.oid, row.tag, row.value)]
    told += [one for out in report.outputs for one in (out.command, out.kind, out.stdout, out.stderr)]
    told += [one for pair in report.host_keys for one in pair]
    told += [
        one for one in (report.ssh_banner, report.engine_id, report.certificate, report.credential) if one is not None
    ]
    assert all(type(one) is str and "\x00" not in one for one in told)
    "".join(told).encode()  # no half characters, which no database keeps
    counts = [one for stage in report.stages for one in (stage.milliseconds, stage.bytes, stage.packets)]
    assert all(type(one) is int and 0 <= one < 2**31 for one in (*counts, *report.open_ports))
    assert HostReport.from_json(json.loads(json.dumps(report.to_json()))) == report
    prepare(report)


def test_a_report_is_read_as_it_was_written_and_what_a_newer_side_adds_is_passed_over() -> None:
    assert HostReport.from_json(PLAIN) == REPORT
    newer = json.loads(json.dumps(PLAIN))
    newer["mood"] = newer["stages"][0]["mood"] = newer["outputs"][1]["mood"] = "good"
    assert HostReport.from_json(newer) == REPORT
    deep: Any = "x"
    for _ in range(900):
        deep = [deep]
    for path in (("varbinds", 0, 2), ("stages", 0, "detail"), ("open_ports", 0), ("wire",), ("address",)):
        with suppress(ValueError):
            HostReport.from_json(changed(PLAIN, path, deep))


KEYS, HOUSE = KeyPair.fresh(), KeyPair.fresh()
ORDER = {
    "networks": [
        {
            "id": 1, "name": "n", "ranges": ["127.66.8.1"], "exclusions": ["127.66.8.0/24"], "allow_public": False,
            "pace": 4000, "subnet_pace": 400, "snmp_port": 9, "ssh_port": 9, "ping": False, "certificates": False,
            "windows": [{"days": [0, 1, 2, 3, 4, 5, 6], "from": "00:00", "to": "23:59"}], "time_zone": "UTC",
            "host_pins": {"127.66.8.1": ["SHA256:x"]},
            "credentials": [{"kind": "community", "reference": "credential:1", "secret": "public", "version": "2c"}],
        }
    ],
    "outside_windows": True, "refused": {"credential:1": [1, "2026-11-23T12:00:00+00:00"]}, "taken": 3,
}  # fmt: skip
ERRAND = ORDER | {"errand": {"way": "snmp", "objects": ["1.3.6.1.2.1.1.3.0"], "kinds": [], "ports": []}}


def sealed(content: Any, **head: Any) -> bytes:
    told = {"kind": "order", "probe": "far", "part": "1", "expires_at": "2099-01-01T00:00:00+00:00", **head}
    return envelope.pack(told, content, signer=HOUSE, to=KEYS.public)


@settings(FUZZ, max_examples=100)
@given(st.data())
def test_an_order_that_is_none_ends_with_a_word_and_keeps_nobody_waiting(
    tmp_path_factory: Any, data: st.DataObject
) -> None:
    order = data.draw(st.sampled_from([ORDER, ERRAND]))
    path = data.draw(st.sampled_from([one for one in places(order) if one not in ((), ("networks", 0, "ranges"))]))
    content = changed(order, path, data.draw(ANYTHING))
    spool = Spool(tmp_path_factory.mktemp("spool") / "spool.db")
    try:
        spool.accept("1", sealed(content))
        assert Sweeper(Identity("far", KEYS, HOUSE.public), spool).run_one()
        assert spool.next_work() is None
        last = envelope.split(list(spool.everything("1"))[-1].body)
        told = envelope.content_of(last, "delivery", sender=KEYS.public, who="It")
        assert told["what"] == "ended" and told["state"] in ("finished", "failed", "cancelled")
    finally:
        spool.close()


@FUZZ
@given(st.binary(max_size=200), st.integers(0, 400), st.integers(0, 255), ANYTHING, ANYTHING)
def test_an_envelope_that_is_none_is_refused(junk: bytes, at: int, octet: int, head: Any, content: Any) -> None:
    good = sealed(ORDER)
    torn = bytearray(good)
    torn[at % len(torn)] = octet
    told = {"expires_at": head, "probe": content, "version": head, "sealed": content, "kind": head}
    other = envelope.pack(told, content, signer=HOUSE)
    for data in (junk, envelope.MAGIC + junk, bytes(torn), good[:at], good + junk, other):
        with suppress(Refused):
            open_order(data, Identity("far", KEYS, HOUSE.public), now=None)
        with suppress(Refused):
            envelope.content_of(envelope.split(data), "order", sender=HOUSE.public, who="It", ours=KEYS)


@FUZZ
@given(st.text(max_size=80) | st.binary(max_size=80).map(lambda octets: octets.decode("latin-1")), ANYTHING)
def test_a_card_or_token_that_is_none_is_refused(junk: str, content: Any) -> None:
    packed = base64.urlsafe_b64encode(envelope.pack({"kind": "card"}, content, signer=KEYS)).decode()
    plain = base64.urlsafe_b64encode(json.dumps(content).encode()).decode()
    for text in (junk, CARD + junk, TOKEN + junk, CARD + packed, TOKEN + plain, CARD + plain):
        with suppress(Refused):
            read_card(text)
        with suppress(Refused):
            read_token(text)


def test_nothing_is_packed_that_the_other_side_would_not_unpack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envelope, "MOST_PLAIN", 1_000_000)
    monkeypatch.setattr(envelope, "MOST_PARTS", 1_000)
    large = [replace(REPORT, outputs=(CommandOutput("cat", "x", "a" * 900_000),)).to_json()] * 2
    with pytest.raises(Refused, match="fit into one envelope"):
        envelope.pack({"kind": "delivery"}, {"reports": large}, signer=KEYS)
    bomb = {"reports": [[] for _ in range(1_002)]}
    with pytest.raises(Refused, match="fit into one envelope"):
        envelope.pack({"kind": "delivery"}, bomb, signer=KEYS)
    monkeypatch.undo()
    sent = envelope.pack({"kind": "delivery"}, bomb, signer=KEYS)
    monkeypatch.setattr(envelope, "MOST_PARTS", 1_000)
    with pytest.raises(Refused, match="more parts"):
        envelope.content_of(envelope.split(sent), "delivery", sender=KEYS.public, who="It")
