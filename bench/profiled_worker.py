"""The product's worker under a profile of all its threads: ``python -m bench.profiled_worker FILE``."""

from __future__ import annotations

import cProfile
import sys

from itsm.cli.application import make
from itsm.cli.processes import in_context
from itsm.discovery import runner


def main() -> None:
    """Run jobs until SIGTERM; the time spent taking reports in, and that of the event loop, go to two files."""
    writing, reading = cProfile.Profile(), cProfile.Profile()
    take_in, sweep = runner.SweepRunner._take_in, runner.SweepRunner._sweep

    def profiled(self: runner.SweepRunner, *given: object) -> None:
        writing.enable()
        try:
            take_in(self, *given)  # type: ignore[arg-type]
        finally:
            writing.disable()

    async def profiled_sweep(self: runner.SweepRunner, *given: object) -> None:
        reading.enable()
        try:
            await sweep(self, *given)  # type: ignore[arg-type]
        finally:
            reading.disable()
            writing.dump_stats(sys.argv[1] + ".writing")
            reading.dump_stats(sys.argv[1] + ".reading")

    runner.SweepRunner._take_in = profiled  # type: ignore[method-assign]
    runner.SweepRunner._sweep = profiled_sweep  # type: ignore[method-assign]
    app = make()
    app.extensions["itsm.jobs"].run_worker(None, 2, wrap=in_context(app))


if __name__ == "__main__":
    main()
