"""The doctor says what is wrong, and what to do about it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from itsm.infra.doctor import (
    Check,
    Finding,
    Level,
    data_folder,
    examine,
    free_disk,
    good,
    key_file,
    mail_server,
    python_version,
    sqlite_safety,
    sqlite_version,
    worst,
)
from itsm.infra.secrets import Secret, add_key
from itsm.infra.smtp import Relay, Security
from tests.infra.servers import free_port
from tests.smtp import SmtpSink


def test_every_check_is_run_and_one_that_breaks_is_trouble() -> None:
    def broken() -> Finding:
        raise ConnectionError("no route\nto host")

    findings = examine([Check("a", lambda: good("Fine.")), Check("b", broken), Check("c", lambda: good("Fine too."))])
    assert [name for name, _ in findings] == ["a", "b", "c"]
    assert findings[1][1].sentence == "This could not be examined: ConnectionError: no route"
    assert (worst(findings), worst(findings[:1]), worst([])) == (Level.TROUBLE, Level.GOOD, Level.GOOD)


def test_versions() -> None:
    assert python_version() == good(f"Python {sys.version_info[0]}.{sys.version_info[1]}.")
    assert python_version((3, 10)) == Finding(Level.TROUBLE, "Python 3.10 is too old.", "Install Python 3.11 or newer.")
    assert sqlite_version((3, 40, 1)) == good("SQLite 3.40.1.")
    assert sqlite_version((3, 31, 0)).level is Level.TROUBLE


def test_a_data_folder_that_works_leaves_no_trace(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    assert data_folder(tmp_path) == good(f"The data directory {tmp_path} can be written.")
    assert list(tmp_path.iterdir()) == []


def test_a_data_folder_that_is_missing_or_open_to_others(tmp_path: Path) -> None:
    assert data_folder(tmp_path / "no").level is Level.TROUBLE
    tmp_path.chmod(0o777)
    assert data_folder(tmp_path).remedy == f"Run: chmod 750 {tmp_path}"


def test_a_data_folder_that_cannot_be_written(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        tmp_path.chmod(0o500)
        found = data_folder(tmp_path)
    else:
        found = data_folder(Path("/proc/self"))
    assert (found.level, found.sentence.startswith("Nothing can be written")) == (Level.TROUBLE, True)


@pytest.mark.parametrize(
    ("free", "level"), [(50_000_000, Level.TROUBLE), (500_000_000, Level.WARNING), (5_000_000_000, Level.GOOD)]
)
def test_free_disk(tmp_path: Path, free: int, level: Level) -> None:
    assert free_disk(tmp_path, free).level is level
    assert free_disk(tmp_path).sentence.endswith(f"GB are free where {tmp_path} lies.")


def test_key_file(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    assert key_file(path).level is Level.WARNING
    newest = add_key(path)
    found = key_file(path)
    assert (found.level, f"{newest} seals" in found.sentence) == (Level.GOOD, True)
    path.chmod(0o640)
    assert key_file(path) == Finding(
        Level.TROUBLE, f"The key file {path} is open to others (mode 0640).", f"Run: chmod 600 {path}"
    )
    path.chmod(0o600)
    path.write_text("nonsense")
    assert key_file(path).remedy == "Put the key file back from your backup."


def test_sqlite_safety() -> None:
    safe = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    assert sqlite_safety(safe.__getitem__).level is Level.GOOD
    assert sqlite_safety({**safe, "synchronous": 1}.__getitem__).sentence == (
        "SQLite does not run as it must: synchronous is 1."
    )


def test_mail_server(smtp_sink: SmtpSink) -> None:
    assert mail_server(None).remedy.startswith("Set ITSM_MAIL_HOST")
    relay = Relay(smtp_sink.host, smtp_sink.port, Security.NONE, timeout=5)
    assert mail_server(relay) == good(f"The mail server 127.0.0.1 port {smtp_sink.port} takes our messages.")
    wrong = Relay(smtp_sink.host, smtp_sink.port, Security.NONE, username="a", password=Secret("b"), timeout=5)
    assert "(535)" in mail_server(wrong).sentence
    assert mail_server(Relay("127.0.0.1", free_port(), Security.NONE, timeout=2)).level is Level.TROUBLE
    assert smtp_sink.received == []


def itsm(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "ITSM_DATA_DIR": str(folder), "ITSM_SECRET_KEY": "tests only"}
    return subprocess.run(
        [sys.executable, "-m", "itsm.cli", *words], env=environment, capture_output=True, text=True, timeout=120
    )


def test_the_command_tells_what_to_mend_and_sees_it_mended(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    before = itsm(tmp_path, "doctor")
    assert (before.returncode, before.stderr) == (2, "")
    assert "TROUBLE  Database: The database is not at the newest schema." in before.stdout
    assert "→ Run: itsm db upgrade" in before.stdout
    assert itsm(tmp_path, "db", "upgrade").returncode == 0
    after = itsm(tmp_path, "doctor")
    assert after.returncode == 1
    assert "good  Database: The sqlite database answers and has the newest schema." in after.stdout
    assert "good  Durability: SQLite runs with WAL, synchronous=FULL and foreign keys." in after.stdout
    assert "look  Worker: No worker is running" in after.stdout
