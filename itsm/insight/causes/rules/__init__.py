"""Arithmetic of insight: no database, no Flask."""
