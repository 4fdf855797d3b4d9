"""The read side of drift: what was looked at, what is found, and what people see of it."""
