"""What a terminal shows, made text: escape sequences, overstrikes, pagers, prompts; in time linear in the text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itsm.discovery.probe.ssh.commands import NETWORK, recognise
from itsm.discovery.probe.ssh.shell import refused
from itsm.discovery.probe.ssh.terminal import is_paused, plain, prompt_at_end, without_pager


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"one\r\ntwo\r\n", "one\ntwo\n"),
        (b"\x1b[2J\x1b[1;1Hname\x1b[0m", "name"),
        (b"\x1b]0;title\x07name", "name"),
        (b"\x1b[24;1H\x1b[?25hsw1# ", "sw1# "),
        (b" --More-- \r          \rGi1/0/1 up", "Gi1/0/1 up"),
        (b"abd\bc", "abc"),
        (b"\b\b\bx", "x"),
        (b"a\x00b\x07c", "abc"),
        ("Gr\u00fc\u00dfe".encode("latin-1"), "Gr\u00fc\u00dfe"),
        (b"tab\tstays", "tab\tstays"),
    ],
)
def test_what_a_person_would_see(octets: bytes, text: str) -> None:
    assert plain(octets) == text


@given(st.binary(max_size=500))
def test_no_control_character_survives(octets: bytes) -> None:
    assert not [c for c in plain(octets) if ord(c) < 32 and c not in "\t\n"]


@pytest.mark.parametrize(
    "prompt",
    [
        "sw-core-1#", "sw-core-1>", "RP/0/RSP0/CPU0:edge-1#", "admin@mx480>", "admin@mx480> ", "<HPE>", "<Huawei-S57>",
        "[admin@MikroTik] >", "FGT60F #", "FGT60F (global) $", "switch(config)#", "(Aruba7005) #", "user@host:~$",
    ],
)  # fmt: skip
def test_prompts_of_the_known_systems_are_recognised(prompt: str) -> None:
    assert prompt_at_end(f"banner\nmore banner\n{prompt}") == prompt.strip()


@pytest.mark.parametrize("text", ["", "Password: ", "Are you sure? [yes/no]: ", "Loading...", "50% done", "a\nb"])
def test_what_is_no_prompt_is_not_taken_for_one(text: str) -> None:
    assert prompt_at_end(text) is None


@pytest.mark.parametrize(
    "text",
    [" --More-- ", "--More--", "---- More ----", "-- MORE --, next page: Space", "---(more 12%)---", "<--- More --->"],
)
def test_pagers_are_recognised_and_taken_out(text: str) -> None:
    assert is_paused("line\n" + text)
    assert without_pager(f"one\n{text}\ntwo") == "one\ntwo"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Cisco IOS XR Software, Version 6.5.3", "cisco_xr"),
        ("Cisco Nexus Operating System (NX-OS) Software", "cisco_nxos"),
        ("Cisco IOS Software [Amsterdam], Catalyst L3 Switch Software", "cisco_ios"),
        ("Cisco Adaptive Security Appliance Software Version 9.8(2)", "cisco_asa"),
        ("Arista DCS-7050TX-64-R\nHardware version: 01.11", "arista_eos"),
        ("Hostname: mx\nModel: mx480\nJunos: 18.4R2", "juniper_junos"),
        ("Huawei Versatile Routing Platform Software\nVRP (R) software, Version 5.170", "huawei_vrp"),
        ("HPE Comware Software, Version 7.1.045", "hp_comware"),
        ("Version: FortiGate-60F v7.0.1,build0157", "fortinet"),
        ("Image stamp:    /sw/code/build/btm(swbuildm_t4a)", "hp_procurve"),
        ("ArubaOS-CX\nVersion : GL.10.04.0003", "aruba_aoscx"),
        ("ArubaOS (MODEL: Aruba7005), Version 8.3", "aruba_os"),
        ("something else entirely", None),
    ],
)
def test_version_texts_tell_the_system(text: str, name: str | None) -> None:
    cli = recognise(text)
    assert (cli.name if cli else None) == name


def test_a_refusal_is_told_from_an_output() -> None:
    assert refused("           ^\n% Invalid input detected at '^' marker.")
    assert refused("Unknown command.")
    assert not refused("GigabitEthernet1 is up\n" * 50)
    assert len({cli.name for cli in NETWORK}) == len(NETWORK)


@pytest.mark.parametrize(
    "piece",
    [b"a\b", b"\x1b[", b"\x1b]0;", b"\r ", b"-", b"--More--", b" ", b"x#", b"<", b"\x1b\x1b[1;", b"a" * 9 + b"\b" * 9],
)
def test_the_time_grows_with_the_text_and_no_faster(piece: bytes) -> None:
    def seconds(size: int) -> float:
        octets = piece * (size // len(piece))
        start = time.process_time()
        text = plain(octets)
        is_paused(text), prompt_at_end(text), without_pager(text), recognise(text[:4_000])
        return time.process_time() - start

    seconds(10_000)
    small = min(seconds(200_000) for _ in range(3))
    large = min(seconds(400_000) for _ in range(3))
    assert large < 3 * small + 0.05
