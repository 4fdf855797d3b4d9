"""The contracts hold, and they would notice: a planted violation of each breaks it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def lint(folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run import-linter over a checkout."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env={"PYTHONPATH": str(folder)}, timeout=120
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "itsm", folder / "itsm", ignore=shutil.ignore_patterns("__pycache__", "data"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_the_contracts_hold() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("itsm/infra/bus.py", "import itsm.accounts.models", "Imports run down the floors only"),
        ("itsm/kernel/text.py", "import flask", "The kernel uses the standard library only"),
        ("itsm/discovery/wire.py", "import itsm.infra.db", "The probe, the knowledge and the parsers run without"),
    ],
)
def test_a_planted_violation_breaks_its_contract(copy: Path, module: str, line: str, contract: str) -> None:
    file = copy / module
    honest = file.read_text(encoding="utf-8")
    try:
        file.write_text(f"{honest}\n{line}  # planted\n", encoding="utf-8")
        done = lint(copy)
    finally:
        file.write_text(honest, encoding="utf-8")
    assert done.returncode == 1
    broken = [row for row in done.stdout.splitlines() if row.rstrip().endswith("BROKEN")]
    assert any(row.startswith(contract) for row in broken), done.stdout[-3000:]
