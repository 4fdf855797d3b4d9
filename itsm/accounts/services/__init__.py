"""Verbs of people and sign-in."""
