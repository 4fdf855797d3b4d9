"""The verbs of drift; the only writers."""
