"""Sealed secrets: bound to their place, refused when anything is wrong, never shown."""

import base64
import copy
import logging
import multiprocessing
import pickle
from pathlib import Path

import pytest

from itsm.infra.secrets import (
    KeyFileBroken,
    KeyMissing,
    KeyRing,
    KeyUnknown,
    SealBroken,
    Secret,
    SecretsError,
    add_key,
    exposure,
    key_id_of,
    place_of,
)

PLACE = place_of("credential", 7, "secret")
PLAIN = "pässword \u2028 with everything \U0001f511"


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing({"aaaa": b"a" * 32})


def test_a_sealed_secret_opens_in_its_own_place_only(ring: KeyRing) -> None:
    sealed = ring.seal(PLAIN, place=PLACE)
    assert ring.open(sealed, place=PLACE) == PLAIN
    for other in ("credential:8:secret", "credential:7:other", "mailbox:7:secret"):
        with pytest.raises(SealBroken):
            ring.open(sealed, place=other)


def test_swapped_rows_do_not_open(ring: KeyRing) -> None:
    rows = {n: ring.seal(f"secret {n}", place=place_of("credential", n, "secret")) for n in (1, 2)}
    rows[1], rows[2] = rows[2], rows[1]
    for number, sealed in rows.items():
        with pytest.raises(SealBroken, match=f"credential:{number}:secret"):
            ring.open(sealed, place=place_of("credential", number, "secret"))


def test_the_same_secret_never_seals_to_the_same_text(ring: KeyRing) -> None:
    assert len({ring.seal("x", place=PLACE) for _ in range(200)}) == 200


def test_the_sealed_text_holds_nothing_of_the_plain_one(ring: KeyRing) -> None:
    sealed = ring.seal("correct horse battery", place=PLACE)
    assert b"horse" not in base64.urlsafe_b64decode(sealed.split(".")[2])
    assert sealed.startswith("v1.aaaa.")


def test_every_changed_character_is_noticed(ring: KeyRing) -> None:
    sealed = ring.seal("short", place=PLACE)
    for position, old in enumerate(sealed):
        for new in {"A", "z", ".", "-"} - {old}:
            with pytest.raises((SealBroken, KeyUnknown)):
                ring.open(sealed[:position] + new + sealed[position + 1 :], place=PLACE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v1",
        "v1.aaaa",
        "v1.aaaa.",
        "v1.aaaa.AAAA",
        "v2.aaaa.AAAA",
        "plain text",
        "v1.aaaa.é",
        "v1..",
        "v1.aaaa.A",
    ],
)
def test_what_is_no_sealed_secret_is_refused_not_returned(ring: KeyRing, text: str) -> None:
    with pytest.raises(SealBroken):
        ring.open(text, place=PLACE)


def test_another_key_with_the_same_id_does_not_open(ring: KeyRing) -> None:
    sealed = ring.seal(PLAIN, place=PLACE)
    with pytest.raises(SealBroken):
        KeyRing({"aaaa": b"b" * 32}).open(sealed, place=PLACE)


def test_an_unknown_key_is_named_with_what_to_do(ring: KeyRing) -> None:
    sealed = ring.seal(PLAIN, place=PLACE)
    with pytest.raises(KeyUnknown, match=r"key aaaa.*Put that key back"):
        KeyRing({"bbbb": b"b" * 32}).open(sealed, place=PLACE)


def test_rotation_seals_with_the_newest_and_opens_with_all(ring: KeyRing) -> None:
    old = ring.seal(PLAIN, place=PLACE)
    both = KeyRing({"aaaa": b"a" * 32, "bbbb": b"b" * 32})
    assert both.open(old, place=PLACE) == PLAIN
    assert (both.is_stale(old), key_id_of(both.seal("x", place=PLACE))) == (True, "bbbb")
    new = both.reseal(old, place=PLACE)
    assert (key_id_of(new), both.open(new, place=PLACE)) == ("bbbb", PLAIN)
    assert both.reseal(new, place=PLACE) == new


@pytest.mark.parametrize("place", ["", "credential", "credential:7", "a:b c:d", "a:1:b:c", "A:1:b", "a:1:b\n"])
def test_a_place_must_name_table_row_and_field(ring: KeyRing, place: str) -> None:
    with pytest.raises(SecretsError, match="table:id:field"):
        ring.seal("x", place=place)


def test_the_first_key_file_is_private_and_read_again_the_same(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "secret.key"
    sealed = KeyRing.from_file(path).seal(PLAIN, place=PLACE)
    assert path.stat().st_mode & 0o777 == 0o600
    assert KeyRing.from_file(path).open(sealed, place=PLACE) == PLAIN
    assert [entry.name for entry in path.parent.iterdir()] == ["secret.key"]


def test_a_missing_key_file_with_sealed_rows_is_refused_and_not_made(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    with pytest.raises(KeyMissing, match="Put the key file back from your backup"):
        KeyRing.from_file(path, sealed_rows_exist=lambda: True)
    assert not path.exists()


def test_a_key_added_to_the_file_keeps_the_old_ones(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    sealed = KeyRing.from_file(path).seal(PLAIN, place=PLACE)
    added = add_key(path)
    ring = KeyRing.from_file(path)
    assert (ring.newest, ring.open(sealed, place=PLACE)) == (added, PLAIN)


def _newest(path: Path) -> str:
    return KeyRing.from_file(path).newest


def test_processes_that_start_at_once_agree_on_one_first_key(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        assert len(set(pool.map(_newest, [tmp_path / "secret.key"] * 16))) == 1


def test_an_exposed_key_file_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "secret.key"
    KeyRing.from_file(path)
    assert exposure(path) is None
    path.chmod(0o644)
    with caplog.at_level(logging.WARNING):
        KeyRing.from_file(path)
    assert caplog.messages == [f"The key file {path} is open to others (mode 0644). Run: chmod 600 {path}"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only words",
        "aaaa",
        "aaaa:AAAA",
        "aaaa:not base64",
        "aa a:b",
        "../x:" + "A" * 43 + "=",
        "aaaa:" + "A" * 43 + "=\naaaa:" + "B" * 42 + "A=",
    ],
)
def test_a_broken_key_file_is_refused_and_not_replaced(tmp_path: Path, text: str) -> None:
    path = tmp_path / "secret.key"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(KeyFileBroken):
        KeyRing.from_file(path)
    assert path.read_text() == text


def test_keys_from_the_environment_may_stand_on_one_line() -> None:
    one, two = (base64.b64encode(byte * 32).decode() for byte in (b"a", b"b"))
    ring = KeyRing.from_text(f"aaaa:{one} bbbb:{two}")
    assert ring.newest == "bbbb"
    assert ring.open(KeyRing({"aaaa": b"a" * 32}).seal("x", place=PLACE), place=PLACE) == "x"


def test_a_secret_in_memory_does_not_show_itself() -> None:
    secret = Secret("hunter2")
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret:>20}",
        repr([secret]),
        f"{secret} {secret!r}",
    ]
    assert not [text for text in shown if "hunter2" in text]
    assert secret.reveal() == "hunter2"
    assert copy.deepcopy({"a": secret})["a"] is secret
    assert (secret == Secret("hunter2"), secret == Secret("hunter3"), secret == "hunter2") == (
        True,
        False,
        False,
    )
    assert (bool(secret), bool(Secret(""))) == (True, False)
    with pytest.raises(TypeError, match="not written anywhere"):
        pickle.dumps(secret)


def test_no_error_text_holds_the_secret(ring: KeyRing) -> None:
    sealed = ring.seal("hunter2", place=PLACE)
    for change in (sealed[:-4] + "AAAA", sealed.replace("aaaa", "bbbb")):
        with pytest.raises(SecretsError) as caught:
            ring.open(change, place=PLACE)
        assert "hunter2" not in repr(caught.value)
        assert sealed not in repr(caught.value)
