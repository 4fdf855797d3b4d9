"""The verbs of tickets: the only writers. Each takes ``(actor, thing, command, *, now)`` and never commits."""
