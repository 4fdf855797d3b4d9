"""What a terminal prints becomes the text that a person would see."""

from __future__ import annotations

import time

import pytest

from itsm.discovery.probe.ssh.terminal import plain


@pytest.mark.parametrize(
    ("printed", "seen"),
    [
        (b" --More-- " + b"\b" * 10 + b" " * 10 + b"\b" * 10 + b"Vlan99", "Vlan99"),
        (b"\b\b\bshow", "show"),
        (b"abc\b\bxy", "axy"),
        (b"one\r\ntwo\b\r\n", "one\ntw\n"),
    ],
)
def test_backspaces_take_back_what_was_written(printed: bytes, seen: str) -> None:
    assert plain(printed) == seen


def test_a_flood_of_backspaces_costs_no_more_than_its_length() -> None:
    started = time.process_time()
    assert plain(b"a" * 500_000 + b"\b" * 499_999) == "a"
    assert time.process_time() - started < 2.0
