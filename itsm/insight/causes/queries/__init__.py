"""The read side of insight: always as far as the actor sees, in a fixed number of statements."""
