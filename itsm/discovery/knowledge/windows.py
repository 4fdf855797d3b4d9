"""Which Windows it is: the build number in sysDescr, and sysObjectID for workstation or server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Final

from itsm.discovery.knowledge.candidates import Candidate
from itsm.discovery.knowledge.reading import SYS_DESCR, Reading

_DESCR: Final = re.compile(r"Windows (?:(?:NT|2000) )?Version (?P<nt>[\d.]+) *\(Build (?:Number: ?)?(?P<build>\d+)")
WORKSTATION: Final = "1.3.6.1.4.1.311.1.1.3.1.1"
_CONFIDENCE: Final = 0.93


@cache
def _builds() -> dict[str, tuple[str, str]]:
    text = resources.files("itsm.discovery.knowledge").joinpath("data", "windows.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return {build: (workstation, server) for build, workstation, server in rows}


def from_windows(reading: Reading) -> Iterator[Candidate]:
    """Yield the version that people know ("Server 2019") with the kernel's number, and the operating system."""
    match = _DESCR.search(reading.descr)
    if match is None:
        return
    names = _builds().get(match["build"])
    server = reading.object_id != WORKSTATION
    name = f"build {match['build']}"
    if names is not None:
        name = names[server] if names[server] != "-" else names[not server]
    version = name if name.startswith("NT") else f"{name} (NT {match['nt']})"
    rule = f"build {match['build']} of Windows"
    yield Candidate("version", version, SYS_DESCR, rule, _CONFIDENCE)
    yield Candidate("os", f"Windows {name}", SYS_DESCR, rule, _CONFIDENCE)
    yield Candidate("kind", "server" if server else "workstation", SYS_DESCR, rule, 0.9)
