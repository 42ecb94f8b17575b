"""Everything the HTML report shows, as plain data: templates only draw it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from auditor.differ.output.cards import cards, cell_index, is_waived
from auditor.differ.output.escape import visible
from auditor.differ.output.evidence import Collector
from auditor.differ.output.headline import Headline, headline, incomplete_because
from auditor.differ.output.html_cards import CardDrawer, CardView
from auditor.differ.output.html_environments import EnvironmentView, environment_view, sums
from auditor.differ.output.html_limits import MAX_CARDS, LeftOut, split
from auditor.differ.output.html_lines import line
from auditor.differ.output.html_pictures import Tally, since_bars
from auditor.differ.output.html_script import script_words
from auditor.differ.output.html_search import Index
from auditor.differ.output.html_words import coded
from auditor.differ.output.language import number, tr, trn
from auditor.differ.output.matrix import Matrix, matrix
from auditor.differ.output.promotion_view import Arrow, Step, arrows, chain
from auditor.differ.output.since import since_line
from auditor.differ.output.stakes import Stakes, stakes
from auditor.differ.output.todo import Todo, todos
from auditor.differ.output.unjudged import Unjudged, unjudged
from auditor.differ.output.words import listing, plural, short_day
from auditor.model.finding import Finding, Occurrence
from auditor.model.report import Report

MAX_WARNINGS = 20

MAX_TITLE = 120
"""Characters of a description's title in the band and in the title of the window."""

UNKNOWN_ORIGIN = "flag or config"
"""How a setting says that it does not know its origin."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """An accepted occurrence, for the appendix."""

    finding: Finding
    occurrence: Occurrence
    terms: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CardGroup:
    """Cards of one meaning; without a `name` there is no heading."""

    name: str
    cards: tuple[CardView, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page in the order in which it reads."""

    report: Report
    head: Headline
    eyebrow: tuple[str, ...]
    when: str
    matrix: Matrix
    environments: tuple[EnvironmentView, ...]
    arrows: tuple[Arrow, ...]
    chain: tuple[Step, ...]
    cards: tuple[CardView, ...]
    groups: tuple[CardGroup, ...]
    """The cards under what they mean for the last promotion."""
    accepted: tuple[CardView, ...]
    unjudged: Unjudged
    waivers: tuple[Waiver, ...]
    max_warnings: int
    brief: tuple[CardView, ...]
    """Cards of which there is only a line."""
    left_out: LeftOut
    todos: tuple[Todo, ...]
    index: Index
    at_stake: frozenset[str]
    """Fingerprints of what callers of the next environment would meet."""

    @property
    def is_demo(self) -> bool:
        """Whether `auditor demo` made the report: what its addresses name is gone when the page is read."""
        return any(origin == "demo" for _, _, origin in self.report.settings)

    @property
    def sums(self) -> str:
        """What became of the documented operations, in the words and numbers of the counters and of the cards."""
        t = self.report.totals
        return sums(t.documented, t.supported, t.unsupported, t.undetermined, t.excluded)

    @property
    def extent(self) -> str:
        """What the counters of support add up to."""
        t, many = self.report.totals, len(self.report.environments)
        said = trn(t.documented, "{n} documented operation", "{n} documented operations")
        if many > 1:
            said = tr("{operations} in {n} environments", operations=said, n=number(many))
        return f"{said}, {number(t.excluded)} {tr('left out')}" if t.excluded else said

    @property
    def since(self) -> str:
        """What changed since an earlier report; empty where the run was compared with none."""
        return since_line(self.report)

    @property
    def since_bars(self) -> tuple[Tally, ...]:
        """The same as a picture."""
        return since_bars(self.report)

    def line(self, id_: str) -> str:
        """An exchange in one line, for paper; its id where it is not known."""
        found = self.report.exchanges.get(id_)
        return line(found) if found else id_

    def of_severities(self) -> str:
        """`8 errors, 5 warnings and 6 infos`: the counts that the cards add up to; empty without findings."""
        t = self.report.totals
        counts = ((t.errors, "error"), (t.warnings, "warning"), (t.infos, "info"), (t.waived, "waived finding"))
        return listing([plural(n, noun) for n, noun in counts if n])

    def first(self, severity: str) -> str:
        """Where the counter of a severity leads: its first card, else the list of findings."""
        found = (v.anchor for v in self.cards if v.card.severity == severity and v.anchor)
        return next((f"f-{a}" for a in found), "findings")

    def concern(self, severity: str) -> str:
        """How many findings of a severity have to do with the last promotion; empty without promotion or findings."""
        if not self.report.promotions:
            return ""
        found = [f.fingerprint in self.at_stake for f in self.report.findings
                 if f.severity == severity and not is_waived(f)]  # fmt: skip
        if not any(found):
            return tr("none concerns the promotion") if found else ""
        return trn(sum(found), "{n} concerns the promotion", "{n} concern the promotion")

    @property
    def settings(self) -> tuple[tuple[str, str, str], ...]:
        """Settings with where they came from; nothing is said where that is not known."""
        unknown = "demo" if self.is_demo else ""
        return tuple((k, v, unknown if origin == UNKNOWN_ORIGIN else origin) for k, v, origin in self.report.settings)

    @property
    def no_findings(self) -> str:
        """What is said where there is none: an all-clear only if somebody looked."""
        t = self.report.totals
        if not self.report.complete:
            return tr("No finding was made before the audit ended; that is no all-clear.")
        if not t.supported + t.unsupported:
            return tr("Nothing could be judged, so nothing was found; that is no all-clear.")
        return tr("No finding needs attention.")

    @property
    def elsewhere(self) -> tuple[Arrow, ...]:
        """Arrows before the last that hold, or bring faults along: the headline does not speak of them."""
        return tuple(a for a in self.arrows[:-1] if a.tone in ("bad", "warn"))

    @property
    def caveat(self) -> str:
        """Why the audit is incomplete, as the run says it."""
        return "; ".join(incomplete_because(self.report)) + "."

    @property
    def script_words(self) -> str:
        """What the script of the page says."""
        return script_words()

    def coded(self, text: str) -> str:
        """`text` with the operations of the promotions marked as code."""
        return coded(text, self.report)


def page(report: Report) -> Page:
    """The page of a report; the same report gives the same page."""
    cells = cell_index(report)
    collector = Collector(report)
    grid = matrix(report, cells)
    at_stake = stakes(report)
    builder = CardDrawer(report, cells, collector, first=at_stake.opened)
    # What the promotion is about comes first, and so does its evidence; what is accepted stays last.
    full, brief = split(sorted(cards(report), key=lambda c: (c.waived, at_stake.rank(c))), MAX_CARDS)
    views = tuple(builder.view(c) for c in full)
    lines = tuple(builder.view(c, brief=True) for c in brief)
    drawn = arrows(report, cells)
    unknown = unjudged(report, collector)
    return Page(
        report=report,
        head=headline(report),
        eyebrow=_eyebrow(report),
        when=moment(report.run.started_at),
        matrix=grid,
        environments=tuple(environment_view(e, report) for e in report.environments),
        arrows=drawn,
        chain=chain(report, drawn),
        cards=(shown := tuple(v for v in views if not v.card.waived)),
        groups=_grouped(shown, at_stake),
        accepted=tuple(v for v in views if v.card.waived),
        unjudged=unknown,
        waivers=_waivers(report),
        max_warnings=MAX_WARNINGS,
        brief=lines,
        left_out=LeftOut(
            len(lines), collector.omitted, sum(grid.undrawn), sum(a.more for a in drawn), unknown.unlisted
        ),
        todos=todos(report, unknown, at_stake),
        index=Index(report, at_stake.before),
        at_stake=at_stake.before,
    )


def _grouped(views: Iterable[CardView], at_stake: Stakes) -> tuple[CardGroup, ...]:
    ranked = groupby(views, key=lambda v: at_stake.rank(v.card))
    return tuple(CardGroup(at_stake.names[rank], tuple(members)) for rank, members in ranked)


def moment(text: str) -> str:
    """`2026-11-20T02:14:00Z` as `20 Nov 2026, 02:14 UTC`; what is no such time stays as it is."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{short_day(at)} {at.year}, {at:%H:%M} UTC"


def _eyebrow(report: Report) -> tuple[str, ...]:
    paths, operations = sum(len(c.paths) for c in report.contracts), sum(c.operations for c in report.contracts)
    counts = (plural(paths, "path"), plural(operations, "operation"), plural(len(report.environments), "environment"))
    titles = listing([visible(f"{c.title} {c.version}", MAX_TITLE) for c in report.contracts], 3)
    return titles or tr("no description"), ", ".join(counts)


def _waivers(report: Report) -> tuple[Waiver, ...]:
    return tuple(Waiver(f, o, o.waived) for f in report.findings for o in f.occurrences if o.waived is not None)
