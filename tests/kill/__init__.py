"""Processes are killed at random moments, and what is left behind is counted."""
