"""The probe runs without the application: a fresh interpreter that imports it has no Flask and no SQLAlchemy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import itsm.discovery.probe

ROOT = Path(itsm.discovery.probe.__file__).parents[3]
FORBIDDEN = ("flask", "sqlalchemy", "itsm.infra", "itsm.kernel", "itsm.web", "itsm.assets")


def modules_after_importing(names: list[str]) -> set[str]:
    program = f"import sys, {', '.join(names)}; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_probe_and_scan_bring_neither_flask_nor_sqlalchemy_nor_the_application() -> None:
    folder = ROOT / "itsm" / "discovery" / "probe"
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in folder.rglob("*.py")
    ]
    loaded = modules_after_importing([*names, "itsm.discovery.scan"])
    assert "itsm.discovery.probe.sweep" in loaded
    assert [name for name in FORBIDDEN if name in loaded] == []
