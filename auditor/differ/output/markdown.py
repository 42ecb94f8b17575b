"""Markdown for a job summary: verdict, environments, promotion, causes worst first, what was not judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from auditor.differ.output.cards import Card, CellIndex, cards, cell_index, seen_in
from auditor.differ.output.headline import headline
from auditor.differ.output.markdown_escape import code, prose
from auditor.differ.output.since import News, since
from auditor.differ.output.words import EFFECTS, REASONS, STATES, duration, listing, percent, plural
from auditor.model.cell import Support
from auditor.model.finding import Severity
from auditor.model.report import Promotion, Report

MAX_BYTES = 900_000
"""GitHub shows a job summary of at most 1 MiB; a larger one is not shown at all."""

MAX_PATHS = 10
"""Paths named for one cause; the rest is counted."""

MAX_DETAILS = 50
"""Causes that are explained; all are listed as far as there is room."""

UNKNOWN = "cannot-say"

_RESERVED = 1_000
"""Bytes kept for the sentence about what was left out."""


def render(report: Report) -> bytes:
    """UTF-8, at most MAX_BYTES: then it ends with a sentence on what was left out."""
    out = _Paper(MAX_BYTES - _RESERVED)
    found = cards(report)
    live = [c for c in found if not c.waived]
    out.block(_opening(report))
    out.table("Environments", ("environment", "state", "build", "requests", "time", "decided"), _environments(report))
    for p in report.promotions:
        if p.changes:
            heading = f"From {code(p.from_)} to {code(p.to)}: {_verdict(p)}"
            out.table(heading, ("method", "path", "effect of promoting"), _changes(p))
    cells = cell_index(report)
    news = News.of(report)
    heads = ("level", *([] if news is None else ["since"]), "method", "path", "seen", "rule", "owner")
    out.table("Findings", heads, (_row(c, report, cells, news) for c in live))
    out.table("Not judged", ("operations", "reason", "what would settle it"), _unjudged(report))
    accepted = (_waived(c) for c in found if c.waived)
    out.table("Waived", ("method", "path", "rule", "reason", "owner", "expires"), accepted)
    out.list("What to do", [_advice(c) for c in live if c.severity is not Severity.INFO], MAX_DETAILS)
    return out.bytes()


class _Paper:
    """Text that stops at `room` bytes, between two lines, and counts what no longer fitted."""

    def __init__(self, room: int) -> None:
        self._room, self._parts, self._left = room, list[str](), list[str]()

    def block(self, text: str) -> bool:
        """Adds `text` if it fits."""
        size = len(text.encode())
        if size > self._room:
            return False
        self._room -= size
        self._parts.append(text)
        return True

    def table(self, heading: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """A heading and a table; nothing where there are no rows."""
        lines = [f"| {' | '.join(row)} |\n" for row in rows]
        top = f"\n### {heading}\n\n| {' | '.join(head)} |\n|{'---|' * len(head)}\n"
        self._lines(heading, top, lines, len(lines), "row")

    def list(self, heading: str, items: Sequence[str], limit: int) -> None:
        """A heading and at most `limit` items."""
        self._lines(heading, f"\n### {heading}\n\n", list(items[:limit]), len(items), "item")

    def _lines(self, heading: str, top: str, lines: Sequence[str], total: int, noun: str) -> None:
        shown = 0
        if lines and self.block(top):
            for line in lines:
                if not self.block(line):
                    break
                shown += 1
        if shown < total:
            self._left.append(f"{plural(total - shown, noun)} of “{heading}”")

    def bytes(self) -> bytes:
        if self._left:
            self._parts.append(f"\nLeft out here: {listing(self._left)[: _RESERVED // 2]}. The report has them all.\n")
        return "".join(self._parts).encode()


def _opening(report: Report) -> str:
    head = headline(report)
    title = " and ".join(prose(f"{c.title} {c.version}".strip(), 120) for c in report.contracts[:3])
    t, (when, what) = report.totals, since(report)
    sums = (
        f"{t.documented:,} documented = {t.supported:,} supported + {t.unsupported:,} unsupported + "
        f"{t.undetermined:,} undetermined + {t.excluded:,} excluded"
    )
    counts = [plural(n, noun) for n, noun in ((t.errors, "error"), (t.warnings, "warning"), (t.infos, "info")) if n]
    waived = f", {t.waived:,} waived" if t.waived else ""
    lines = [
        f"## Drift report{': ' + title if title else ''}", f"**{head.word}**{head.joint} {prose(head.sentence)}.",
        *(f"{prose(told, 2_000)}." for told in report.possible_writes), prose(head.lede, 2_000),
        prose(head.caveat, 2_000),
        f"{(listing(counts) or 'no findings').capitalize()}{waived}. {sums}.",
        f"Since {code(when)}: {prose(what, 2_000)}" if what else "",
    ]  # fmt: skip
    return "\n\n".join(line for line in lines if line) + "\n"


def _environments(report: Report) -> Iterator[tuple[str, ...]]:
    for r in report.environments:
        build = code(r.build, 80) if r.build else f"not known: {prose(r.build_note, 200)}" if r.build_note else "–"
        state = STATES[r.state][0]
        yield (
            code(r.environment.name), state, build, f"{r.requests:,}", duration(r.seconds), percent(r.decided),
        )  # fmt: skip


def _verdict(p: Promotion) -> str:
    return {"promote": "promote", "hold": "hold"}.get(p.verdict, "cannot say")


def _changes(p: Promotion) -> Iterator[tuple[str, ...]]:
    """What is known of each, and how many there are of which nothing is."""
    for c in p.changes:
        if c.effect != UNKNOWN:
            yield code(c.method), code(c.path), EFFECTS[c.effect][0] if c.effect in EFFECTS else prose(c.effect)
    unknown = sum(c.effect == UNKNOWN for c in p.changes)
    if unknown:
        yield "–", plural(unknown, "operation"), EFFECTS[UNKNOWN][0]


def _row(card: Card, report: Report, cells: CellIndex, news: News | None) -> tuple[str, ...]:
    seen = "; ".join(f"{code(e)}: {prose(text, 200)}" for e, text in seen_in(card, report, cells) if text)
    owners = dict.fromkeys(f.owner for f in card.findings if f.owner)
    standing = [] if news is None else [_standing(news, card)]
    return (
        card.severity.value, *standing, ", ".join(map(code, card.methods)) or "–", _paths(card), seen or "–",
        code(card.lead.rule), ", ".join(map(code, owners)) or "–",
    )  # fmt: skip


def _standing(news: News, card: Card) -> str:
    word = prose(news.standing(card.findings))
    return f"**{word}**" if news.counts(card.findings) else word


def _paths(card: Card) -> str:
    return listing([code(p) for p in card.paths], MAX_PATHS) or "the whole environment"


def _unjudged(report: Report) -> Iterator[tuple[str, ...]]:
    count: Counter[tuple[str, str]] = Counter(
        (REASONS[c.reason] if c.reason else "without a reason", c.remedy or "")
        for c in report.cells
        if c.support is Support.UNDETERMINED and (c.environment, c.path, c.method) in report.documented
    )
    for (reason, remedy), n in sorted(count.items(), key=lambda item: (-item[1], item[0])):
        yield f"{n:,}", reason, prose(remedy)


def _waived(card: Card) -> tuple[str, ...]:
    waiver = next((o.waived for o in card.lead.occurrences if o.waived), {})
    given = [prose(str(waiver[k]), 200) if waiver.get(k) else "–" for k in ("reason", "owner", "expires")]
    return ", ".join(map(code, card.methods)) or "–", _paths(card), code(card.lead.rule), *given


def _advice(card: Card) -> str:
    f = card.lead
    lines = [f"- **{card.severity}** {prose(f.title)}"]
    lines += [f"  - most likely: {prose(c.text)}" for c in f.root_causes[:1]]
    lines += [f"  - fix ({x.side}): {prose(x.text)}" for x in f.fixes[:1]]
    lines.append(f"  - reproduce: {code(f.curl, 1_000)}" if f.curl else "")
    return "".join(f"{line}\n" for line in lines if line)
