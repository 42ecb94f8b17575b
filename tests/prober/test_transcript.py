"""transcript.jsonl: what was written is read back whole, damage is refused, a torn last line is no damage."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.errors import TranscriptError
from auditor.model.environment import Origin
from auditor.model.exchange import Answer, BodyTrace, Exchange, Failure, Form, Probe, Purpose, Slot
from auditor.prober import transcript

SOME = settings(max_examples=80)
texts = st.text(max_size=20)
pairs = st.lists(st.tuples(texts, texts), max_size=3).map(tuple)
fields = st.lists(st.tuples(texts, st.none() | texts), max_size=4).map(tuple)
probes = st.builds(
    Probe, environment=texts, target=texts, fields=pairs, media_type=st.none() | texts,
    slot=st.builds(Slot, st.sampled_from(Purpose), texts, texts, st.integers(0, 9),
                                                                          st.sampled_from(Form)),
    origin=st.builds(Origin, st.sampled_from(("http", "https")), texts, st.integers(1, 65535)),
)  # fmt: skip
bodies = st.builds(BodyTrace, st.integers(0, 65536), texts, texts, texts, texts, st.none() | texts, st.booleans())
answers = st.builds(
    Answer, st.integers(100, 999), fields, bodies, texts, st.lists(st.integers(100, 199), max_size=3).map(tuple), texts,
    st.lists(texts, max_size=2).map(tuple),
)  # fmt: skip
times = st.floats(0, 1e6, allow_nan=False)
exchanges = st.one_of(
    st.builds(Exchange, probes, st.integers(1), texts, times, st.integers(0, 3), fields, answers, st.none(), texts,
              st.lists(texts, max_size=2).map(tuple), pairs),
    st.builds(Exchange, probes, st.integers(1), texts, times, st.integers(0, 3), fields, st.none(),
              st.sampled_from(Failure), texts),
)  # fmt: skip


def lines(*rows: Exchange) -> list[str]:
    return [transcript.header_line(), *(transcript.to_line(r) for r in rows)]


def read(rows: list[str]) -> list[Exchange]:
    return list(transcript.read("".join(rows).split("\n"), "transcript.jsonl"))


@SOME
@given(st.lists(exchanges, max_size=4))
def test_what_was_written_is_read_back(rows: list[Exchange]) -> None:
    assert read(lines(*rows)) == rows


@SOME
@given(exchanges)
def test_a_line_is_one_line_and_the_same_each_time(row: Exchange) -> None:
    line = transcript.to_line(row)
    assert line == transcript.to_line(read(lines(row))[0])
    assert line.isascii()
    assert line.splitlines(keepends=True) == [line]


@SOME
@given(exchanges, exchanges, st.data())
def test_a_changed_character_is_noticed(first: Exchange, second: Exchange, data: st.DataObject) -> None:
    rows = lines(first, second)
    at = data.draw(st.integers(0, len(rows[1]) - 2))
    other = "x" if rows[1][at] != "x" else "y"
    rows[1] = rows[1][:at] + other + rows[1][at + 1 :]
    with pytest.raises(TranscriptError):
        read(rows)


@SOME
@given(exchanges, exchanges, st.data())
def test_a_torn_last_line_is_left_out(first: Exchange, second: Exchange, data: st.DataObject) -> None:
    whole = lines(first, second)
    torn = whole[2][: data.draw(st.integers(0, len(whole[2]) - 2))]
    assert read([*whole[:2], torn]) == [first]


@SOME
@given(exchanges, exchanges, st.data())
def test_a_torn_line_elsewhere_is_damage(first: Exchange, second: Exchange, data: st.DataObject) -> None:
    whole = lines(first, second)
    torn = whole[1][: data.draw(st.integers(1, len(whole[1]) - 2))]
    with pytest.raises(TranscriptError, match="line 2"):
        read([whole[0], torn + "\n", whole[2]])


@pytest.mark.parametrize("rows", [
    [], [""], ["\n"], ["{}\n"], ["[]\n"], ["null\n"], ["no json\n"],
    ['{"schema_version": 2}\n'], ['{"schema_version": "1"}\n'],
    ["[" * 100_000 + "\n"],
])  # fmt: skip
def test_what_is_no_transcript_is_refused(rows: list[str]) -> None:
    with pytest.raises(TranscriptError):
        read(rows)


@pytest.mark.parametrize("line", [
    "{}", "null", "[]", "1", '{"sum": "", "exchange": null}', '{"sum": "", "exchange": {}}', "[" * 100_000,
])  # fmt: skip
def test_a_line_that_is_no_exchange_is_damage(line: str) -> None:
    with pytest.raises(TranscriptError, match="line 2 is damaged"):
        read([transcript.header_line(), line + "\n"])


def test_a_line_with_a_right_sum_and_wrong_content_is_damage() -> None:
    probe = Probe("dev", Slot(Purpose.PATH, "GET", "/a"), Origin("http", "h", 80), "/a")
    data = transcript.to_dict(Exchange(probe, 1, "", 0.0, 1, failure=Failure.DNS))
    data["probe"]["slot"]["purpose"] = "no such purpose"
    line = json.dumps({"sum": transcript._checksum(data), "exchange": data})
    with pytest.raises(TranscriptError, match="line 2 is damaged"):
        read([transcript.header_line(), line + "\n"])
