"""The verbs of insight: the only writers. Each takes ``(actor, thing, command, *, now)`` and never commits."""
