"""Recordings with a truth: every false verdict that was ever met, judged again by this version."""

from __future__ import annotations

import json

import pytest

from auditor import recording
from auditor.errors import TranscriptError
from tests.accuracy.recordings import files, replay


@pytest.mark.parametrize("file", files(), ids=lambda f: f.stem)
def test_no_recorded_verdict_is_wrong(file) -> None:
    right, wrong, _ = replay(file)
    assert wrong == []
    assert right > 0


def test_a_verdict_that_the_truth_contradicts_is_told() -> None:
    data = json.loads(files()[0].read_text())
    path, served = next((p, m) for p, m in data["truth"]["served"].items() if "GET" in m)
    data["truth"]["served"][path] = [m for m in served if m != "GET"]
    found = recording.load(data, "changed")
    assert any(
        line.startswith(f"GET {path}: supported") for line in recording.contradictions(found, recording.rejudge(found))
    )


@pytest.mark.parametrize("data", [[], {}, {"schema_version": 9}, {"schema_version": 1, "probes": [{}]}, None, "text"])
def test_what_is_no_recording_is_refused(data) -> None:
    with pytest.raises(TranscriptError):
        recording.load(data, "odd.json")
