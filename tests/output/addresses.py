"""The address of a page in Chromium, which is told a moment after the page has changed it."""

from __future__ import annotations

from playwright.sync_api import Page


def ends(page: Page, text: str) -> None:
    """Waits until the address ends with `text`. TimeoutError where it does not."""
    page.wait_for_url(lambda url: url.endswith(text), timeout=10_000)
