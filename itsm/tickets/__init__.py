"""Tickets: somebody needs help, and the help is given, from the first word to the last."""
