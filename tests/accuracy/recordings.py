"""Recordings made by `auditor record`, their truth filled in by hand: judged again, and held against it."""

from __future__ import annotations

import json
from pathlib import Path

from auditor import recording
from auditor.model.cell import Support

FOLDER = Path(__file__).resolve().parent.parent / "recordings"


def files() -> list[Path]:
    """Every recording that is kept."""
    return sorted(FOLDER.glob("*.json"))


def replay(file: Path) -> tuple[int, list[str], int]:
    """(right, lines of wrong verdicts, undetermined) among the cells whose truth was filled in."""
    found = recording.load(json.loads(file.read_text()), file.name)
    report = recording.rejudge(found)
    known = [c for c in report.cells if found.truth.get(c.path) is not None]
    wrong = list(recording.contradictions(found, report))
    undetermined = sum(c.support is Support.UNDETERMINED for c in known)
    return len(known) - len(wrong) - undetermined, wrong, undetermined
