"""Kill the web server (SIGKILL) while employees report trouble, and count what was lost, doubled or left half.

    python -m bench.kill_submit                       # both databases, 50 kills each
    python -m bench.kill_submit --database sqlite --kills 200

Four employees send the report form with a file over HTTP as fast as the server answers, and ask again with the same
idempotency key until they are answered. In turn the whole server is killed, and the process that works in it. Then
every ticket is looked at row by row.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from bench.tables import print_table
from tests.kill import tickets_left
from tests.kill.installation import Installation
from tests.kill.reporting import storm
from tests.kill.stages import databases


def main() -> None:
    """Run the storm on each database and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    rows = []
    with databases(chosen.database) as fresh:
        for kind, url in fresh:
            with tempfile.TemporaryDirectory() as folder:
                here = Installation(Path(folder), url())
                started = time.monotonic()
                ledger = storm(here, kills=chosen.kills, seed=chosen.seed)
                took = time.monotonic() - started
                figures = tickets_left.count(here.app, ledger)
                here.let_go()
            rows.append({"database": kind, "kills": chosen.kills, **figures, "seconds": round(took)})
            print_table(rows[-1:])
    print_table(rows)


if __name__ == "__main__":
    main()
