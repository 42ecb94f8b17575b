"""The report page at 100, 1,000 and 10,000 operations in three environments: `python -m tests.bench.bench_page [N …]`.

Per size: bytes of the page; time and memory of rendering, in a process of its own (memory is what it adds to that of
the report); and in headless Chromium, medians of five: `open`, from navigation until the load event and a frame after,
`first`, until something can be read, `filter`, from a typed letter to the frame that shows its effect, the first time
and later. Nothing here asserts: the figures are for people.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench.big_report import big_report
from tests.needs import find

SIZES = (100, 1_000, 2_600, 10_000)
ROUNDS = 5
FLAGS = ["--no-sandbox", "--disable-gpu"]

FRAME = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now()), 0)))"
FILTER = """
(words) => new Promise((done) => {
  const field = document.getElementById("q"), began = performance.now();
  field.value = words;
  field.dispatchEvent(new Event("input"));
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - began), 0));
})
"""


def render(operations: int, file: str) -> None:
    """In a process of its own: writes the page, prints seconds and MiB."""
    from auditor.differ.output import html

    report = big_report(operations)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    data = html.render(report)
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    Path(file).write_bytes(data)
    print(f"{seconds:.2f} {(after - before) / 1024:.0f} {len(report.contracts[0].paths)} {len(report.findings)}")


def measure(browser: Any, file: Path) -> dict[str, float]:
    """Milliseconds, and how many elements the page has."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(file.as_uri(), wait_until="load")
    opened = page.evaluate(FRAME)
    first = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN")
    early = page.evaluate(FILTER, "delete")
    late = page.evaluate(FILTER, "delete t")
    elements = page.evaluate("document.getElementsByTagName('*').length")
    page.close()
    return {"open": opened, "first": first, "filter": early, "again": late, "elements": elements}


def main(*sizes: int) -> None:
    from playwright.sync_api import sync_playwright

    print("operations  paths findings |   page  render   adds | elements  first   open | filter  again")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find("chromium"), args=FLAGS)
        for n in sizes or SIZES:
            file = Path(folder) / f"{n}.html"
            call = [sys.executable, "-m", "tests.bench.bench_page", "render", str(n), str(file)]
            said = subprocess.run(call, check=True, capture_output=True, text=True).stdout.split()
            rounds = [measure(browser, file) for _ in range(ROUNDS)]
            of = {key: statistics.median(r[key] for r in rounds) for key in rounds[0]}
            times = f"{of['first']:3.0f} ms {of['open']:4.0f} ms | {of['filter']:3.0f} ms {of['again']:3.0f} ms"
            print(
                f"{n:10,} {int(said[2]):6,} {int(said[3]):8,} | {file.stat().st_size / 1e6:4.2f} MB"
                f" {said[0]:>5} s {said[1]:>3} MiB | {of['elements']:8,.0f} {times}",
                flush=True,
            )
        browser.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["render"]:
        render(int(sys.argv[2]), sys.argv[3])
    else:
        main(*map(int, sys.argv[1:]))
