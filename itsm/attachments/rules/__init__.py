"""Pure rules of attachments."""
