"""A file that was acknowledged is there after the power was cut, on a real file system."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def can_cut() -> bool:
    """Say whether this machine lets us mount a disk of our own."""
    return (
        os.geteuid() == 0 and all(map(shutil.which, ("unshare", "mkfs.ext4", "mount"))) and Path("/dev/loop0").exists()
    )


@pytest.mark.kill
@pytest.mark.skipif(not can_cut(), reason="needs root and a loop device")
def test_acknowledged_files_survive_a_power_cut(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    cuts = int(request.config.getoption("--kills"))
    done = subprocess.run(
        [
            "unshare",
            "-m",
            "--propagation",
            "private",
            sys.executable,
            "tests/infra/power_cut.py",
            str(tmp_path),
            str(cuts),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60 + 20 * cuts,
    )
    if "mount" in done.stderr and "CalledProcessError" in done.stderr:
        pytest.skip("this machine does not let us mount")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["acknowledged"] > 20 * cuts
    assert (figures["missing"], figures["damaged"]) == (0, 0)
