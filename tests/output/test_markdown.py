from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from auditor.differ.output import FORMATS, markdown
from auditor.differ.output.markdown_escape import code, prose
from auditor.model.finding import Finding, fingerprint
from auditor.model.report import Report
from tests.output.golden import check
from tests.output.hostile import INJECTIONS, hostile
from tests.output.rich import rich
from tests.output.sample import finding, in_sync, one_environment, undecided

READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
OURS = frozenset({
    "paragraph_open", "paragraph_close", "heading_open", "heading_close", "table_open", "table_close", "thead_open",
    "thead_close", "tbody_open", "tbody_close", "tr_open", "tr_close", "th_open", "th_close", "td_open", "td_close",
    "bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close", "inline", "text", "code_inline",
    "strong_open", "strong_close", "softbreak",
})  # fmt: skip
"""All that our Markdown is made of: no HTML, link, image, emphasis, quote or code block."""


def flat(text: str) -> Iterator[Token]:
    for token in READER.parse(text):
        yield token
        yield from token.children or ()


def shown(report: Report) -> str:
    return FORMATS["markdown"].render(report).decode()


class _Plain(HTMLParser):
    """Text outside code, as GitHub's filters for mentions and references see it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text: list[str] = []
        self._code = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)
        self._code += tag == "code"

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag == "code"

    def handle_data(self, data: str) -> None:
        if not self._code:
            self.text.append(data)


def outside_code(text: str) -> str:
    reader = _Plain()
    reader.feed(READER.render(text))
    assert set(reader.tags) <= {"p", "h2", "h3", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "code",
                                "strong"}  # fmt: skip
    return "\n".join(reader.text)


@pytest.mark.parametrize("sample", [rich, in_sync, undecided, one_environment])
def test_the_whole_file(sample: Callable[[], Report]) -> None:
    check(f"{sample.__name__}.md", shown(sample()))


@pytest.mark.parametrize("text", INJECTIONS)
def test_nothing_that_anybody_said_is_markup(text: str) -> None:
    written = shown(hostile(text))
    kinds = {t.type for t in flat(written)}
    assert kinds <= OURS, kinds - OURS
    rows = [line for line in written.splitlines() if line.startswith("|")]
    assert len(rows) == len([line for line in shown(rich()).splitlines() if line.startswith("|")])
    plain = outside_code(written)
    for bad in ("@", "#1", "GH-12", "deadbeef", "www.", "://", "<", "**", "~~", "::"):
        assert bad not in plain, bad
    assert all(c == "\n" or c.isprintable() for c in written)


def test_every_row_of_a_table_has_the_cells_of_its_head() -> None:
    for text in INJECTIONS:
        width = cells = 0
        for token in READER.parse(shown(hostile(text))):
            if token.type == "thead_open":
                width = 0
            width += token.type == "th_open"
            cells = 0 if token.type == "tr_open" else cells + (token.type == "td_open")
            if token.type == "tr_close" and cells:
                assert cells == width
    # Cells too many are dropped by readers: nothing of ours may be lost that way.
    for line in shown(hostile("|a|b|")).splitlines():
        assert not line.startswith("|") or "|a|b|" not in line


@pytest.mark.parametrize(("text", "written"), [
    ("DELETE /orders/{id} is gone.", "DELETE `/orders/{id}` is gone."),
    ("405, Allow: GET, PUT", "405, Allow: GET, PUT"),
    ("Set `X-Build` (in 12% of them), don't ask!", "Set `X-Build` (in 12% of them), don't ask!"),
    ("ask @me, see #12 or deadbee1", "ask `@me`, see `#12` or `deadbee1`"),
    ("1. no list", "1. no list"),
    ("- no list", "`-` no list"),
    ("use --mode inert", "use `--mode` inert"),
    ("give --header 'A: b c'", "give `--header 'A: b c'`"),
    ("a `b` c ` d", "a `b` c `` ` `` d"),
    ("<b>x</b>", "`<b>x</b>`"),
    ("it is gone (GET /a/{b}).", "it is gone (GET `/a/{b}`)."),
    ("(100%) of it: (a) &", "(100%) of it: (a) &amp;"),
    ("/a/f(x) ) .. :", "`/a/f(x)` ) `.`. :"),
    ("line\nbreak", "`line\\nbreak`"),
    ("", ""),
])  # fmt: skip
def test_prose(text: str, written: str) -> None:
    assert prose(text) == written


@pytest.mark.parametrize("text", ["`", "``", "`a`", "a``b`", " a ", "", "a|b", "\\", "a\\|b", "`\n`"])
def test_code_is_one_span_in_a_cell(text: str) -> None:
    tokens = [t for t in flat(f"| a |\n|---|\n| {code(text)} |\n") if t.type == "code_inline"]
    assert [t.content for t in tokens] == [text.replace("|", "\\x7c").replace("\n", "\\n") or " "]


def _many(count: int) -> Report:
    def one(i: int) -> Finding:
        f = finding("server-error", f"/things/{'x' * 150}{i}", "GET", {"prod": "500"}, title="GET fails")
        return replace(f, fingerprint=fingerprint(f.rule, f.path, "GET"), cause=f"cause {i}")

    return replace(in_sync(), findings=tuple(one(i) for i in range(count)))


def test_a_large_report_is_cut_with_a_sentence_and_stays_markdown() -> None:
    data = FORMATS["markdown"].render(_many(6_000))
    assert len(data) <= markdown.MAX_BYTES
    assert len(data) > markdown.MAX_BYTES * 0.9
    last = data.decode().splitlines()[-1]
    assert last.startswith("Left out here: ")
    assert last.endswith("rows of “Findings” and 6,000 items of “What to do”. The report has them all.")
    left = int(last.removeprefix("Left out here: ").split(" ")[0].replace(",", ""))
    assert data.decode().count("\n| error |") == 6_000 - left


def test_fifty_causes_are_explained_and_the_rest_is_counted() -> None:
    text = shown(_many(60))
    assert text.count("- **error**") == markdown.MAX_DETAILS
    assert text.endswith("\nLeft out here: 10 items of “What to do”. The report has them all.\n")


def test_even_endless_names_stay_below_the_limit() -> None:
    assert len(FORMATS["markdown"].render(hostile("é" * 10_000))) < 200_000
