"""Kill the worker (SIGKILL) while it sweeps the simulated fleet, and compare with a sweep that nobody touched.

    python -m bench.kill_sweep                        # both databases, 50 kills each
    python -m bench.kill_sweep --database sqlite --kills 200

Each round has an empty database and a first sweep, whose worker is killed at up to four random moments; another takes
the sweep up. The worker is the product's, with heartbeats of 0.4 s and a lease of 1.5 s instead of 10 s and 30 s.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from bench.tables import print_table
from itsm.demo.fleet import Fleet
from tests.kill import sweeping
from tests.kill.installation import Installation
from tests.kill.stages import databases


def rounds(fleet: Fleet, reference: dict[str, Any], url: Any, kills: int, dice: random.Random) -> dict[str, int]:
    """Sweep with kills until so many were made; return the sums of the figures."""
    sums: Counter[str] = Counter({"sweeps": 0, "kills": 0})
    while sums["kills"] < kills:
        with tempfile.TemporaryDirectory() as folder:
            here = Installation(Path(folder), url())
            sweeping.enter(here, fleet)
            sweep_id, made = sweeping.swept(here, kills=min(4, kills - sums["kills"]), dice=dice)
            figures = sweeping.count(here, sweep_id, reference)
            here.let_go()
        sums["sweeps"] += 1
        sums["kills"] += made
        for name, number in figures.items():
            sums[name] += number
    return dict(sums)


def main() -> None:
    """Run the rounds on each database and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    rows = []
    with (
        tempfile.TemporaryDirectory() as keys,
        tempfile.TemporaryDirectory() as first,
        Fleet(Path(keys), net="127.44.9.0/24") as fleet,
        databases(chosen.database) as fresh,
    ):
        reference, _addresses = sweeping.untouched(Path(first), fleet)
        for kind, url in fresh:
            started = time.monotonic()
            sums = rounds(fleet, reference, url, chosen.kills, random.Random(chosen.seed))
            rows.append({"database": kind, **sums, "seconds": round(time.monotonic() - started)})
            print_table(rows[-1:])
    print_table(rows)


if __name__ == "__main__":
    main()
