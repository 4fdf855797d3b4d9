"""Work that happens later: jobs enqueued in the caller's transaction, run by workers, at least once.

`engine.Jobs` is the door: register tasks, enqueue, run a worker. `queries` and `letters` serve the
dead-letter page. See docs/jobs.md for how a task is written.
"""
