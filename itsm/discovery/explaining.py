"""The core of ``itsm discover explain``: every answer that was considered, from a stored report."""

from __future__ import annotations

import json
from pathlib import Path

from itsm.discovery.knowledge import explain
from itsm.discovery.wire import HostReport

LARGEST = 32 * 1024 * 1024
"""Bytes of a report file; honest ones stay far below."""


def read_report(path: Path) -> HostReport:
    """Return the report in a file. Raises ValueError where it holds none, or is too large."""
    if path.stat().st_size > LARGEST:
        raise ValueError("the file is larger than any honest report")
    try:
        return HostReport.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"this is no report: {error!r}") from error


def lines_about(report: HostReport) -> list[str]:
    """Return one line a candidate: field, verdict, confidence, value, object and rule; device text made harmless."""
    found = [f"{report.address}, read {report.taken_at}"]
    for one in explain(report):
        verdict = "won" if one.won else one.rejected or "not chosen"
        parts = (one.field, verdict, f"{one.confidence:.2f}", one.value, one.object, one.rule)
        found.append("\t".join(_plain(part) for part in parts))
    return found


def _plain(text: str) -> str:
    return "".join(sign if sign.isprintable() else "�" for sign in text[:300])
