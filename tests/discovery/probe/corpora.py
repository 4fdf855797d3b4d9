"""Where recordings of real agents lie: ``ITSM_CORPORA``, else the sibling folder ``shared``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("ITSM_CORPORA", Path(__file__).resolve().parents[4] / "shared"))
SNMP = ROOT / "corpora" / "snmp" / "snmprec"


def recordings(*, every: int = 1) -> list[object]:
    """Every n-th recording as a parameter; a single skipped one where there are none."""
    found = sorted(SNMP.glob("*.snmprec"))[::every]
    return list(found) or [pytest.param(Path("none"), marks=pytest.mark.skip(f"no recordings below {ROOT}"))]
