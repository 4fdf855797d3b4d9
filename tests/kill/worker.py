"""A worker of the product with short heartbeats, so that another takes over seconds after it was killed.

python -m tests.kill.worker
"""

from __future__ import annotations

from itsm.cli.application import make
from itsm.cli.processes import in_context


def main() -> None:
    """Run jobs until stopped."""
    app = make()
    app.extensions["itsm.jobs"].run_worker(
        None, 2, wrap=in_context(app), heartbeat=0.4, stalled_after=1.5, poll=0.2, caretaker=True
    )


if __name__ == "__main__":
    main()
