"""Many services over many nights: run directories made from one real report, each with its own time, name and drift.

python -m tests.site.fleet DIR [SERVICES [NIGHTS]]     writes such a folder, to look at
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from auditor.differ.output import report_json
from tests.output.rich import rich

NAMES = ("Orders", "Billing", "Catalogue", "Carts", "Payments", "Refunds", "Stock", "Shipping", "Search", "Accounts",
         "Identity", "Sessions", "Notifications", "Mail", "Invoices", "Taxes", "Prices", "Coupons", "Reviews", "Media",
         "Exports", "Imports", "Reports", "Metrics", "Limits", "Webhooks", "Devices", "Locations", "Routes", "Drivers",
         "Vehicles", "Contracts", "Suppliers", "Purchasing", "Warehouses", "Returns", "Loyalty", "Gifts", "Consents",
         "Documents")  # fmt: skip
LAST = datetime(2026, 11, 20, 3, 17, tzinfo=UTC)


def text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def renamed(report: dict[str, Any], title: str, at: datetime, host: str | None = None) -> dict[str, Any]:
    """The same report as another service's, of another time."""
    found = copy.deepcopy(report)
    found["run"].update(id=f"{at:%Y%m%dT%H%M%SZ}-{hashlib.sha256(title.encode()).hexdigest()[:8]}",
                        started_at=text(at - timedelta(minutes=2)), finished_at=text(at))  # fmt: skip
    for spec in found["specs"]:
        spec["title"] = title
    for e in found["environments"]:
        e["url"] = f"https://{e['name']}.{host or title.lower().replace(' ', '-')}.example.test/v1"
    return found


def quieter(report: dict[str, Any], errors: int, warnings: int, owner: str | None = None) -> dict[str, Any]:
    """The report with so many errors and warnings left; with none of them it can be promoted."""
    found = copy.deepcopy(report)
    kept: list[dict[str, Any]] = []
    left = {"error": errors, "warning": warnings, "info": 2}
    for finding in found["findings"]:
        if left[finding["severity"]] > 0 and all(o["waived"] is None for o in finding["occurrences"]):
            left[finding["severity"]] -= 1
            kept.append({**finding, "owner": owner})
    found["findings"] = kept
    for name, level in (("errors", "error"), ("warnings", "warning"), ("infos", "info")):
        found["totals"][name] = sum(f["severity"] == level for f in kept)
    if not errors:
        found["promotions"][-1].update(verdict="promote", because="nobody loses a documented method", changes=[])
        found["headline"] = "Promote: stage can be promoted to prod."
        found["run"]["exit_code"] = 0
    return settled(found)


def settled(report: dict[str, Any]) -> dict[str, Any]:
    """The report as one whose audit finished everywhere."""
    found = copy.deepcopy(report)
    found.update(complete=True, incomplete_because=[])
    for e in found["environments"]:
        e.update(state="complete", decided=0.94)
    return found


def unfinished(report: dict[str, Any], name: str) -> dict[str, Any]:
    """The report of a night on which an environment was down."""
    found = copy.deepcopy(report)
    found.update(complete=False, incomplete_because=[f"{name}: connection refused"])
    for e in found["environments"]:
        if e["name"] == name:
            e.update(state="unreachable", decided=0.0)
    found["totals"]["undetermined"] = found["totals"]["documented"] // 2
    found["promotions"][-1].update(verdict="cannot-say", because=f"{name} was not audited to its end", changes=[])
    found["headline"] = "Cannot say: the audit did not finish."
    found["run"]["exit_code"] = 3
    return found


def write(folder: Path, report: dict[str, Any], *, page: bool = True) -> Path:
    """A run directory as far as an index reads it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    if page:
        (folder / "report.html").write_text("<!doctype html><title>a report</title>", encoding="utf-8")
    return folder


@dataclass
class Story:
    """How a service goes on: its drift changes now and then, and some nights fail."""

    title: str
    owner: str | None
    dice: random.Random
    errors: int
    warnings: int

    def nights(self, base: dict[str, Any], number: int, last: datetime) -> Iterator[tuple[datetime, dict[str, Any]]]:
        made: dict[tuple[int, int], dict[str, Any]] = {}
        for i in range(number):
            if self.dice.random() < 0.06:
                self.errors = max(0, self.errors + self.dice.choice((-3, -2, -1, 1)))
            if self.dice.random() < 0.06:
                self.warnings = max(0, self.warnings + self.dice.choice((-1, 1)))
            at = last - timedelta(days=number - 1 - i, seconds=self.dice.randrange(900))
            if self.dice.random() < 0.01:
                continue  # no run that night
            key = (self.errors, self.warnings)
            report = made.setdefault(key, quieter(base, *key, owner=self.owner))
            if self.dice.random() < 0.015:
                report = unfinished(report, self.dice.choice(("dev", "stage", "prod")))
            yield at, report


def fleet(
    root: Path, services: int = 40, nights: int = 60, last: datetime = LAST, base: dict[str, Any] | None = None
) -> int:
    """SERVICE/DATE below `root`; the number of runs."""
    report = base or report_json.to_dict(rich())
    written = 0
    for n in range(services):
        dice = random.Random(n)
        title = f"{NAMES[n % len(NAMES)]} API{' ' + str(n // len(NAMES) + 1) if n >= len(NAMES) else ''}"
        drifts = dice.random() < 0.15
        story = Story(title, dice.choice(("team-orders", "team-money", "team-platform", None)), dice,
                      dice.randrange(1, 5) if drifts else 0, dice.randrange(3) if drifts else 0)  # fmt: skip
        for at, made in story.nights(report, nights, last):
            folder = root / title.lower().replace(" ", "-") / f"{at:%Y-%m-%d}"
            write(folder, renamed(made, title, at))
            written += 1
    return written


def troubles(root: Path, now: datetime, base: dict[str, Any] | None = None) -> None:
    """One service for each way of not being judged, and the odd ones that can be."""
    report = base or report_json.to_dict(rich())
    good, tonight = quieter(report, 0, 1, "team-orders"), now - timedelta(hours=5)
    nights = [tonight - timedelta(days=d) for d in range(4)]

    def service(
        name: str, *reports: dict[str, Any] | None, host: str | None = None, folder: str = "", page: bool = True
    ) -> None:
        for at, made in zip(nights, reports, strict=False):
            if made is not None:
                place = root / (folder or name.lower().replace(" ", "-")) / f"{at:%Y-%m-%d}"
                write(place, renamed(made, name, at, host), page=page)

    service("Stale API", None, None, good, good)
    service("Stale and held API", None, None, settled(report), good)
    service("Unfinished API", unfinished(report, "prod"), good, good)
    service("Cut off API", good, good, good)
    cut = root / "cut-off-api" / f"{nights[0]:%Y-%m-%d}" / "report.json"
    cut.write_bytes(cut.read_bytes()[:9000])
    service("Emptied API", good, good, good)
    emptied = root / "emptied-api" / f"{nights[0]:%Y-%m-%d}" / "report.json"
    emptied.write_bytes(b"")
    os.utime(emptied, (nights[0].timestamp(),) * 2)
    service("Newer schema API", {**good, "schema_version": 2}, good)
    service("First run API", good, page=False)
    service("Repaired API", good, settled(report), settled(report))
    service("Drifting API", quieter(report, 3, 1, "team-money"), good, good)
    care = {**good, "headline": "Promote with care: stage can be promoted to prod, but brings 1 fault along."}
    service("Careful API", care, good)
    service("OpenAPI definition", good, good, host="a", folder="team-a/pets")
    service("OpenAPI definition", settled(report), good, host="b", folder="team-b/pets")
    ahead = renamed(good, "Ahead API", now + timedelta(days=3))
    write(root / "ahead-api" / "future", ahead)
    (root / "nobody").mkdir(parents=True)
    (root / "nobody" / "report.json").write_text("not at all", encoding="utf-8")
    (root / "other-tool").mkdir()
    (root / "other-tool" / "report.json").write_text('{"tests": 12}', encoding="utf-8")


if __name__ == "__main__":
    numbers = [int(n) for n in sys.argv[2:4]]
    print(fleet(Path(sys.argv[1]), *numbers, last=datetime.now(UTC) - timedelta(hours=5)))
    troubles(Path(sys.argv[1]), datetime.now(UTC))
