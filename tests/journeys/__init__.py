"""People's ways through the real product, in a real Chromium."""
