"""A person at a browser."""

from __future__ import annotations

import shutil
from typing import Final

from playwright.sync_api import BrowserContext, Page

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE: Final = 60_000
"""Milliseconds that a condition on a page may take on a busy machine."""
SIGN_IN: Final = "/sign-in"
REFUSALS: Final = (403, 404, 409, 422, 429)


class Somebody:
    """A person at a browser of his own; ``complaints`` is what his pages wrote to the console or threw."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        context.set_default_timeout(PATIENCE)
        self.address = address
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", lambda said: self._hear(said.type, said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, kind: str, text: str) -> None:
        # A refused form is an answer, though Chromium writes its status down as an error.
        if kind in ("error", "warning") and not any(f"status of {number}" in text for number in REFUSALS):
            self.complaints.append(text)

    def open(self, path: str) -> Page:
        """Open a page of the product."""
        self.page.goto(self.address + path, wait_until="load")
        return self.page

    def sign_in(self, login: str, password: str) -> None:
        """Sign in through the form."""
        page = self.open(SIGN_IN)
        page.get_by_label("Mail address").fill(login)
        page.get_by_label("Password", exact=True).fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: SIGN_IN not in url)
