"""``itsm files verify`` tells damaged and missing files from those that merely wait."""

import os
import subprocess
import sys
from pathlib import Path

from itsm.infra.files import FileStore


def itsm(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "ITSM_DATA_DIR": str(folder), "ITSM_SECRET_KEY": "tests only"}
    return subprocess.run(
        [sys.executable, "-m", "itsm.cli", *words], env=environment, capture_output=True, text=True, timeout=120
    )


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    assert itsm(tmp_path, "db", "upgrade").returncode == 0
    store = FileStore(tmp_path / "files", max_bytes=1000)
    with Path("/dev/null").open("rb") as nothing:
        name = store.save(nothing).sha256
    whole = itsm(tmp_path, "files", "verify")
    assert (whole.returncode, whole.stdout) == (0, "1 files are whole, 1 belong to nothing yet or any more.\n")
    store.path(name).write_bytes(b"changed")
    damaged = itsm(tmp_path, "files", "verify")
    assert (damaged.returncode, damaged.stderr) == (1, f"damaged: {name}\n")
