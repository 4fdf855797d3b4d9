"""Hostile text: every parser answers quickly, and raises nothing."""

import json
import time
from collections.abc import Callable

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from itsm.discovery.parsers import kinds, merge, parse
from itsm.discovery.parsers.bounds import MAX_LINE, MAX_LINES, MAX_TEXT, clean, json_of
from itsm.discovery.parsers.command import parse_command

HOSTS = [name for name in kinds() if "/" not in name]
CLIS = [
    name for name in kinds() if name.startswith(("cisco_ios/", "juniper_junos/", "huawei_vrp/", "mikrotik_routeros/"))
]

HEADS = [
    "",
    "Handle 0x0001, DMI type 17, 40 bytes\nMemory Device\n\tSize: ",
    "Filesystem 1024-blocks Used Available Use% Mounted on\n",
    "eth0: flags=4163<UP>  mtu ",
    "2: eth0: <UP> mtu 1500\n    inet ",
    "NAME MAJ:MIN RM SIZE RO TYPE MOUNTPOINT\n",
    "Name  Version  Rev  Publisher\n",
    "processor\t: 0\nflags\t\t: ",
    "Hardware:\n\n    Overview:\n\n      Memory: ",
    "[{",
    '{"lldp":',
]

pieces = st.one_of(
    st.text(max_size=60),
    st.sampled_from(HEADS),
    st.sampled_from([": ", "\n", "\t", " ", "\x00", "\x1b[", "-", "0x", "/", "1.5G", "%", '"', "[", "{", "Handle "]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(pieces, max_size=30).map("".join))
def test_no_parser_raises(text: str) -> None:
    for kind in HOSTS:
        assert isinstance(parse(kind, text), dict)


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=600).map(lambda octets: octets.decode("latin-1")))
def test_no_cli_parser_raises(text: str) -> None:
    for kind in CLIS[::4]:
        assert isinstance(parse(kind, text), dict)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(HOSTS), st.text(max_size=80)), max_size=6))
def test_merge_raises_nothing(outputs: list[tuple[str, str]]) -> None:
    assert isinstance(merge(outputs), dict)


def test_an_output_cut_anywhere_is_read_as_far_as_it_goes() -> None:
    whole = "Handle 0x0001, DMI type 1, 27 bytes\nSystem Information\n\tManufacturer: Exco\n"
    whole += "\tSerial Number: S1\n"
    whole += '[{"ifname":"eth0","flags":["UP"],"addr_info":[{"local":"192.0.2.1","prefixlen":24}]}]'
    for end in range(len(whole)):
        for kind in ("dmidecode", "ip-addr", "lsblk", "lldpctl-json", "cisco_ios/show_version"):
            assert isinstance(parse(kind, whole[:end]), dict)


@pytest.mark.parametrize(
    "text",
    ["a" * 10_000_000, "\x00" * 10_000_000, "[" * 2_000_000, '{"a":' * 500_000, " " * 10_000_000, "\x1b[" * 2_000_000],
    ids=["one line", "NULs", "brackets", "objects", "blanks", "escapes"],
)
@pytest.mark.parametrize(
    "kind", ["dmidecode", "ip-addr", "ifconfig", "df", "lsblk", "smartctl", "cisco_ios/show_version"]
)
def test_ten_megabytes_end_soon(kind: str, text: str) -> None:
    started = time.process_time()
    assert isinstance(parse(kind, text), dict)
    assert time.process_time() - started < 5


def _lines(line: str) -> Callable[[int], str]:
    return lambda count: line * count


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("dmidecode", _lines("Handle 0x0011, DMI type 17, 40 bytes\nMemory Device\n\tSize: 8 GB\n")),
        ("ip-addr", _lines("2: eth0: <UP> mtu 1500 state UP\n    inet 192.0.2.1/24 scope global eth0\n")),
        ("dpkg-query", _lines("bash\tamd64\t5.2-1\t7000\tshells\n")),
        ("proc-cpuinfo", _lines("processor\t: 0\nphysical id\t: 0\n\n")),
        ("system-profiler", _lines("A:\n\n    B:\n\n      C: 1\n")),
        ("mount", _lines("/dev/sda1 on / type ext4 (rw,noatime)\n")),
    ],
)
def test_time_grows_with_the_length(kind: str, make: Callable[[int], str]) -> None:
    def cost(count: int) -> float:
        text = make(count)
        started = time.process_time()
        parse(kind, text)
        return time.process_time() - started

    cost(100)
    small, large = min(cost(1500) for _ in range(3)), min(cost(12000) for _ in range(2))
    assert large < 8 * small * 3 + 0.1


def test_clean_bounds_lines_and_takes_terminal_marks_out() -> None:
    assert clean("a\r\n\x1b[1mb\x1b[0m\x00c\n") == "a\nbc\n"
    assert (
        clean("x\n--More-- \x08\x08\x08\x08\x08\x08\x08\x08\x08         \x08\x08\x08y\n").replace(" ", "") == "x\ny\n"
    )
    assert len(clean("a" * (MAX_LINE * 3))) == MAX_LINE
    assert clean("\n" * (MAX_LINES * 2)).count("\n") < MAX_LINES
    assert len(clean("ab\n" * MAX_TEXT)) <= MAX_TEXT


def test_json_of_is_silent_about_what_is_no_json() -> None:
    assert json_of('noise [{"a": 1}] tail') == [{"a": 1}]
    assert json_of("{" * 100_000) is None
    assert json_of("no json") is None


def test_a_table_without_the_column_of_names_and_rows_with_odd_keys_are_read() -> None:
    assert parse("snap", "Version Rev\n1.0 7\n") == {}
    assert isinstance(
        parse("lsusb", "Bus 001 Device 001: ID 1d6b:0002 Hub\nDevice Descriptor:\n  \n   :\n     x\n"), dict
    )


@pytest.mark.parametrize("kind", ["ip-addr", "lsblk", "docker-ps", "lldpctl-json"])
def test_what_json_may_write_and_no_text_may_hold_is_left_out(kind: str) -> None:
    bad = "a\x00b\ud800c\x1bd"
    said = {
        "ip-addr": [{"ifname": bad, "address": "3c:52:82:00:00:0a"}],
        "lsblk": {"blockdevices": [{"name": bad, "model": bad, "type": "disk", "size": 5}]},
        "docker-ps": {"Names": bad, "Image": bad},
        "lldpctl-json": {"lldp": {"interface": [{bad: {"chassis": {bad: {"descr": bad}}}}]}},
    }[kind]
    told = json.dumps(parse(kind, json.dumps(said)))
    assert "abcd" in told
    assert not [sign for sign in ("u0000", "ud800", "u001b") if sign in told]


def test_a_terminal_is_shown_no_command_of_a_device() -> None:
    done = CliRunner().invoke(parse_command, ["os-release", "-"], input='PRETTY_NAME="a\x9b31mb\u202e"\n')
    assert done.exit_code == 0
    assert "a\\u009b31mb\\u202e" in done.stdout
