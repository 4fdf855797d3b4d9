"""The verbs of attachments."""
