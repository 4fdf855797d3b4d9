"""SSH as a client that trusts nobody: pinned host keys, read-only commands from one table, budgets on everything."""
