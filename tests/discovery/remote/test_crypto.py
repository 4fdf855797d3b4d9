"""Our own arithmetic against the RFCs' vectors and against the package, and envelopes that were tampered with."""

from __future__ import annotations

import os

import pytest

from itsm.discovery.probe.remote import envelope, home, keys, pure
from itsm.discovery.probe.remote.envelope import Refused
from itsm.discovery.probe.remote.keys import KeyPair
from itsm.discovery.probe.remote.post import enrol


def test_the_vectors_of_the_rfcs():
    # RFC 8032, 7.1, test 2
    seed = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert (pure.sign_public(seed), pure.sign(seed, b"\x72")) == (public, signature)
    assert pure.verify(public, b"\x72", signature)
    # RFC 7748, 5.2
    scalar = bytes.fromhex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4")
    point = bytes.fromhex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")
    shared = bytes.fromhex("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")
    assert pure.exchange(scalar, point) == shared
    # RFC 8439, 2.8.2
    key, nonce = bytes(range(0x80, 0xA0)), bytes.fromhex("070000004041424344454647")
    plain = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
    plain += b"sunscreen would be it."
    more = bytes.fromhex("50515253c0c1c2c3c4c5c6c7")
    sealed = pure.encrypt(key, nonce, plain, more)
    assert (sealed[:8].hex(), sealed[-16:].hex()) == ("d31a8d34648e60db", "1ae10b594f09e26a7e902ecbd0600691")
    assert pure.decrypt(key, nonce, sealed, more) == plain


def test_both_arithmetics_write_and_read_the_same_bytes(monkeypatch):
    assert keys.QUICK
    for size in (0, 1, 63, 64, 65, 4000):
        pair, message = KeyPair.fresh(), os.urandom(size)
        quick = (pair.public, pair.sign(message), pair.public.seal(message, b"head"))
        monkeypatch.setattr(keys, "QUICK", False)
        assert (pair.public, pair.sign(message), pair.open(quick[2], b"head")) == (quick[0], quick[1], message)
        assert quick[0].verifies(message, quick[1])
        assert not quick[0].verifies(message + b"x", quick[1])
        slow = quick[0].seal(message, b"head")
        monkeypatch.setattr(keys, "QUICK", True)
        assert pair.open(slow, b"head") == message


@pytest.mark.parametrize("quick", [True, False])
def test_what_was_changed_or_is_for_another_does_not_open(monkeypatch, quick):
    monkeypatch.setattr(keys, "QUICK", quick)
    pair = KeyPair.fresh()
    sealed = pair.public.seal(b"quietfox7", b"head")
    wrong = (sealed[:-1] + bytes([sealed[-1] ^ 1]), bytes([sealed[0] ^ 1]) + sealed[1:], sealed[:40], b"")
    for text in wrong:
        with pytest.raises(ValueError):
            pair.open(text, b"head")
    with pytest.raises(ValueError):
        pair.open(sealed, b"another head")
    with pytest.raises(ValueError):
        KeyPair.fresh().open(sealed, b"head")
    with pytest.raises(ValueError):
        pair.open(bytes(32) + sealed[32:], b"head")


def test_no_byte_of_an_envelope_can_be_changed():
    ours, theirs = KeyPair.fresh(), KeyPair.fresh()
    data = envelope.pack({"kind": "order", "part": "7"}, {"secret": "quietfox7"}, signer=ours, to=theirs.public)
    opened = envelope.content_of(envelope.split(data), "order", sender=ours.public, who="The house", ours=theirs)
    assert (opened, b"quietfox7" in data) == ({"secret": "quietfox7"}, False)
    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]
        with pytest.raises(Refused):
            envelope.content_of(envelope.split(changed), "order", sender=ours.public, who="The house", ours=theirs)
    for end in range(0, len(data), 7):
        with pytest.raises(Refused):
            envelope.split(data[:end])
    with pytest.raises(Refused, match="not a probe's delivery"):
        envelope.content_of(envelope.split(data), "delivery", sender=ours.public, who="The house", ours=theirs)


def test_what_a_newer_side_only_adds_is_passed_over():
    pair = KeyPair.fresh()
    data = envelope.pack({"kind": "order", "invented": 1}, {"networks": [], "later": True}, signer=pair)
    assert envelope.content_of(envelope.split(data), "order", sender=pair.public, who="It")["later"] is True


@pytest.mark.parametrize("text", ["", "itsm-probe-card:", "itsm-probe-card:%%%", "itsm-probe-token:AAAA", "x" * 70_000])
def test_what_is_no_card_or_token_is_refused(text):
    for read in (home.read_card, home.read_token):
        with pytest.raises(Refused):
            read(text)


@pytest.mark.parametrize(
    "told",
    [
        "[]", "7", '"x"', "{", "[" * 100_000, "{}", '{"name": "berlin", "house": 7}', '{"name": "berlin", "house": {}}',
        '{"name": "berlin", "house": {"sign": "00", "box": "zz"}}', '{"name": [], "house": {"sign": 1, "box": 2}}',
    ],
)  # fmt: skip
def test_a_home_that_was_damaged_says_what_to_do(tmp_path, told):
    here = home.Home(tmp_path)
    here.settle()
    (tmp_path / "probe.json").write_text(told)
    with pytest.raises(Refused, match="enrol"):
        here.identity()
    here.tell(name="berlin")
    assert here.told()["name"] == "berlin"


@pytest.mark.parametrize("facts", [{}, {"probe_id": 1}, {"probe_id": [], "password": 7, "name": None}])
def test_a_token_that_lacks_something_is_refused(tmp_path, facts):
    with pytest.raises(Refused, match="Copy it whole"):
        enrol(home.Home(tmp_path / "home"), home.token(facts))
