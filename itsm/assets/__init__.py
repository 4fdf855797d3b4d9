"""Assets: what the company has, who holds it, where it is, and how we know."""
