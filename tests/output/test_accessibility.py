"""axe-core finds nothing to complain about, in light and dark, wide and narrow, with every fold open."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auditor.differ.output import html
from tests.needs import find
from tests.output.rich import rich
from tests.output.states import STATES
from tests.output.test_browser import FLAGS

pytestmark = pytest.mark.needs("chromium", "axe")

PAGES = {"rich": rich, "in German": lambda: replace(rich(), language="de"), **STATES}


LOOKS = [(1280, "light"), (390, "dark"), (1280, "dark"), (390, "light")]


def looks(name: str) -> list[tuple[int, str]]:
    """All of them for the page that has everything; of 400 rows alike axe reads each, and one look shows them."""
    return LOOKS if name == "rich" else LOOKS[:1] if "cause" in name else LOOKS[:2]


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_violation(name: str, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    page_file = tmp_path / "report.html"
    page_file.write_bytes(html.render(PAGES[name]()))
    result: dict[str, Any] = {"violations": [], "passes": []}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find("chromium"), args=FLAGS)
        for width, scheme in looks(name):
            # The page's own policy would not let axe in; that it holds is tested elsewhere.
            view = {"width": width, "height": 900}
            context = browser.new_context(bypass_csp=True, color_scheme=scheme, viewport=view)
            page = context.new_page()
            page.goto(page_file.as_uri())
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            page.add_script_tag(path=find("axe"))
            seen = page.evaluate("axe.run()")
            result = {kind: result[kind] + seen[kind] for kind in result}
            context.close()
        browser.close()
    said = [f"{v['id']}: {v['help']} ({len(v['nodes'])}) {v['nodes'][0]['html'][:120]}" for v in result["violations"]]
    assert said == []
    assert len(result["passes"]) > 20
