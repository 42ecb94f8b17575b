"""The index of many runs: `python -m tests.bench.bench_site [SERVICES NIGHTS]`, by default 200 services over 60 nights.

Time and peak memory of the command, the size of its page, and, where there is a Chromium, how soon it opens and
answers a filter. Nothing here asserts: the figures are for people.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from auditor.differ.output import report_json
from tests.needs import find
from tests.output.large import large
from tests.site.fleet import fleet, renamed, write

_CHILD = """
import re, sys
from pathlib import Path
from auditor.cli import app
app(["site", sys.argv[1]], standalone_mode=False)
status = Path("/proc/self/status")
if status.exists():
    print("VmHWM", int(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1]) // 1024)
"""
FILTER = """
() => {
  const q = document.getElementById("q"), start = performance.now();
  q.value = "billing";
  q.dispatchEvent(new Event("input"));
  document.body.getBoundingClientRect();
  return performance.now() - start;
}
"""


def command(root: Path) -> str:
    """One line of what it takes to build the index of `root`."""
    start = time.perf_counter()
    before = os.times()
    done = subprocess.run([sys.executable, "-c", _CHILD, str(root)], capture_output=True, text=True, check=True)
    seconds, after = time.perf_counter() - start, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    memory = re.search(r"VmHWM (\d+)", done.stdout)
    size = (root / "index.html").stat().st_size / 1e6
    peak = f", peak memory {memory[1]} MB" if memory else ""
    return (
        f"{done.stdout.splitlines()[0].partition(': ')[2]}: {seconds:.1f} s ({cpu:.1f} s CPU){peak}, page {size:.2f} MB"
    )


def opened(page: Path) -> str:
    """How soon a browser has the page and answers a filter."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find("chromium"), args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_page()
        tab.goto(page.as_uri())
        loaded = tab.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
        took = tab.evaluate(FILTER)
        browser.close()
    return f"opens in {loaded:.0f} ms, filters in {took:.0f} ms"


def main() -> None:
    services, nights = (int(n) for n in sys.argv[1:3]) if len(sys.argv) > 2 else (200, 60)
    last = datetime.now(UTC) - timedelta(hours=5)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "runs"
        fleet(root, services, nights, last)
        octets = sum(f.stat().st_size for f in root.rglob("report.json"))
        print(f"{services} services × {nights} nights, {octets / 1e6:.0f} MB of report.json")
        print(command(root), flush=True)
        if find("chromium"):
            print(opened(root / "index.html"), flush=True)
        big, huge = Path(name) / "big", report_json.to_dict(large(1000))
        for d in range(10):
            at = last - timedelta(days=d)
            write(big / "big" / f"{d}", renamed(huge, "Big API", at))
        size = (big / "big" / "0" / "report.json").stat().st_size
        print(f"10 nights of 1,000 paths in three environments, {size / 1e6:.1f} MB each")
        print(command(big), flush=True)


if __name__ == "__main__":
    main()
