"""Takes the picture in the README anew, from a real audit of the demonstration: `python -m tests.readme_picture`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.command import ROOT, run_auditor
from tests.needs import find
from tests.output.test_browser import FLAGS

PICTURE = ROOT / "docs" / "report.png"
WIDTH, HEIGHT = 1180, 940
"""CSS pixels: the band, the environments and the promotion."""


def take(page: Path, picture: Path) -> None:
    """A PNG of the top of `page` in light colours."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find("chromium"), args=FLAGS)
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        tab.goto(page.as_uri())
        tab.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        done = run_auditor("demo", cwd=folder)
        assert done.returncode == 1, done.stderr
        take(Path(folder) / "drift-report" / "report.html", PICTURE)
    print(f"{PICTURE}: {PICTURE.stat().st_size} bytes")
