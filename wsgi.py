"""The WSGI entry point: ``granian --interface wsgi wsgi:app`` or any other server."""

import gc

from itsm.cli.application import make

app = make()

# What was built just now stays for good: the collector need not walk it again, nor so often for what a page leaves.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 50)
