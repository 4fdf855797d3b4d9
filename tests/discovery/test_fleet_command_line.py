"""``itsm discover`` as a stranger uses it: a process, arguments, lines of JSON; no database, no settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from itsm.cli import cli
from itsm.demo.fleet import Fleet
from itsm.demo.fleet.secrets import COMMUNITY, V3_USER
from itsm.discovery.scan import PRINTED

V3 = f"{V3_USER.name},SHA-256,{V3_USER.auth_password},AES-256,{V3_USER.privacy_password}"


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    with tempfile.TemporaryDirectory() as folder, Fleet(Path(folder), net="127.47.0.0/24") as running:
        yield running


def itsm(*words: str) -> Result:
    """Run the command line in this process."""
    return CliRunner().invoke(cli, words)


def itsm_process(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line with nothing in its environment but what is given."""
    return subprocess.run(
        [sys.executable, "-m", "itsm.cli", *words],
        capture_output=True, text=True, timeout=120, check=False,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environment},
    )  # fmt: skip


def test_one_object_a_device(fleet: Fleet) -> None:
    names = ["acc-sw1", "prn-mono", "fw1", "srv-files", "ups1"]
    ssh = ["--ssh", "inventory@", "--key", str(fleet.secrets.ssh_key_file), "--ssh-port", str(fleet.ssh_port)]
    for name in ("acc-sw1", "fw1", "srv-files"):
        ssh += ["--known-host", fleet.secrets.host_key(name).fingerprint]
    targets = [fleet.addresses[name] for name in names]
    # Secrets may stand in the environment, so that a list of processes doesn't show them.
    secret = {"ITSM_COMMUNITY": COMMUNITY, "ITSM_SNMP_V3": V3}
    done = itsm_process("discover", "scan", *targets, "--port", str(fleet.port), *ssh, "--json", **secret)
    assert (done.returncode, done.stderr) == (0, "")
    rows: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["address"] for row in rows] == sorted(targets, key=lambda address: int(address.split(".")[3]))
    assert all(tuple(row) == PRINTED for row in rows)
    found = {row["name"]: row for row in rows}
    assert found["fw1"]["serial"] == "FGT60FTK21064173"
    assert found["prn-mono"]["kind"] == "printer"
    assert found["prn-mono"]["serial"] == "PHBVK12047"
    assert len(found["acc-sw1"]["ports"]) == 53
    assert {row["host"] for row in found["acc-sw1"]["neighbours"]} >= {"core-sw1", "ap2", "ph-sales"}
    assert found["srv-files"]["model"] == "PowerEdge R450"
    assert {"name": "samba", "version": "2:4.17.12+dfsg-0+deb12u1"}.items() <= next(
        row for row in found["srv-files"]["software"] if row["name"] == "samba"
    ).items()
    for word in (COMMUNITY, V3_USER.auth_password, V3_USER.privacy_password):
        assert word not in done.stdout


def test_a_table_for_people(fleet: Fleet) -> None:
    where = ("--port", str(fleet.port), "--community", COMMUNITY)
    done = itsm("discover", "scan", f"{fleet.addresses['nas1']}-{fleet.addresses['esx1']}", *where)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[0] == ["ADDRESS", "KIND", "VENDOR", "MODEL", "VERSION", "SERIAL", "NAME"]
    assert [line[0] for line in lines[1:]] == ["127.47.0.40", "127.47.0.41"]
    assert "2290SGRT4K7XV" in lines[1]


def test_an_unknown_host_key_is_shown_nothing(fleet: Fleet) -> None:
    words = ("--ssh", "inventory@", "--key", str(fleet.secrets.ssh_key_file), "--ssh-port", str(fleet.ssh_port))
    done = itsm("discover", "scan", fleet.addresses["lt-amelie"], "--port", str(fleet.port), *words, "--json")
    assert done.exit_code == 0
    assert all(json.loads(line)["serial"] is None for line in done.stdout.splitlines())
    assert fleet.secrets.host_key("lt-amelie").fingerprint in done.stderr


def test_mistakes_are_sentences() -> None:
    done = itsm("discover", "scan", "8.8.8.8")
    assert done.exit_code == 2
    assert "Traceback" not in done.stderr
    assert "8.8.8.8" in done.stderr
    nothing = itsm("discover", "scan", "127.47.9.9", "--ssh", "audit@")
    assert nothing.exit_code == 2
    assert "--ssh wants --key FILE" in nothing.stderr


def test_a_dry_run_sends_nothing(fleet: Fleet) -> None:
    done = itsm("discover", "scan", fleet.addresses["acc-sw1"], "--v3", V3, "--community", COMMUNITY, "--dry-run")
    assert done.exit_code == 0
    assert V3_USER.auth_password not in done.stdout
    assert COMMUNITY not in done.stdout
    assert all(line.startswith(fleet.addresses["acc-sw1"] + "\t") for line in done.stdout.splitlines())
    assert len(done.stdout.splitlines()) >= 2


def test_parse_reads_an_output(tmp_path: Path) -> None:
    file = tmp_path / "release"
    file.write_text('NAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\nPRETTY_NAME="Debian GNU/Linux 12"\n')
    done = itsm("discover", "parse", "os-release", str(file), "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    assert json.loads(done.stdout)["os"]["name"] == "Debian GNU/Linux"


def test_a_file_of_exclusions_is_kept_to_and_its_reasons_are_shown(fleet: Fleet, tmp_path: Path) -> None:
    file, (one, other) = tmp_path / "never.txt", (fleet.addresses["acc-sw1"], fleet.addresses["prn-mono"])
    file.write_text(f"# nothing may ask these\n{one}  # it feeds the press\n\n10.0.0.0/8\n")
    given = [one, other, "--port", str(fleet.port), "--community", COMMUNITY, "--exclude-file", str(file)]
    planned = itsm("discover", "scan", *given, "--dry-run").stdout.splitlines()
    assert planned[0] == f"{one}\tleft out because it feeds the press\t-"
    assert {line.split("\t")[0] for line in planned[1:]} == {other}
    found = itsm("discover", "scan", *given, "--json").stdout.splitlines()
    assert [json.loads(line)["address"] for line in found] == [other]
    file.write_text("10.0.0.0/8\nten  # a word\n")
    refused = itsm("discover", "scan", *given)
    assert (refused.exit_code, "never.txt, line 2" in refused.stderr) == (2, True)
