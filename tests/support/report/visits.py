"""Chromium, and what a visit to a page brings."""

import shutil
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

NEEDS_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


class Visit:
    """One page opened, with all it asked for and complained of."""

    def __init__(self, browser: Browser, address: str, **context: Any) -> None:
        self.context = browser.new_context(**context)
        self.page: Page = self.context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.goto(address)
        self.address = address

    def flaws(self, width: int) -> list[str]:
        """Return what is wrong with the page, all of it unfolded, at a width in pixels."""
        self.page.wait_for_load_state("networkidle")
        self.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        reached = self.page.evaluate("document.documentElement.scrollWidth")
        lost = self.page.evaluate("[...document.images].filter(i => !i.naturalWidth).length")
        outside = {url for url in self.requests if not url.startswith("data:")} - {self.address}
        return [
            *(f"asked for {url}" for url in outside),
            *self.complaints,
            *([f"{reached} pixels wide"] if reached > width else []),
            *([f"{lost} images not shown"] if lost else []),
        ]


Visitor = Callable[..., Visit]
"""Opens a page, given its path or address; keywords are the context's."""
