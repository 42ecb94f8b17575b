"""The terminal summary on stdout (STYLE §5): findings by path, what was not judged, the sums, the verdict, one hint."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import PurePath

from auditor.differ.output.cards import Card, CellIndex, acceptance, cards, cell_index, seen_in
from auditor.differ.output.escape import visible
from auditor.differ.output.headline import DRIFT_RULES, brought, headline
from auditor.differ.output.hindrances import doubted, ended_early, refused
from auditor.differ.output.kinds import RETURNED
from auditor.differ.output.promotion_view import effect_sentence, outcome
from auditor.differ.output.since import News, since_line
from auditor.differ.output.words import REASONS, duration, listing, plural, sentence
from auditor.model.cell import Cell, Reason, Support
from auditor.model.finding import Severity
from auditor.model.report import Report
from auditor.model.templates import anonymous

MAX_PATHS = 10
"""Paths named for one cause; the rest is counted."""

MAX_INFOS = 10
"""Infos with a line of their own; the rest is counted."""

MAX_SINCE = 2_000
"""Characters of what changed since an earlier report, with up to a dozen titles."""

MAX_TEXT = 400
"""Characters of any one text that a description or a server had a hand in."""

_INDENT = " " * 9
_COLORS = {"error": "1;31", "warning": "1;33", "info": "36", "bad": "1;31", "ok": "1;32", "unk": "1;33", "path": "1"}


class _Paint:
    def __init__(self, on: bool) -> None:
        self.on = on

    def __call__(self, text: str, style: str) -> str:
        return f"\x1b[{_COLORS[style]}m{text}\x1b[0m" if self.on else text


def render(report: Report, *, color: bool = False, width: int = 100, command: str = "auditor") -> str:
    """The summary for people, ending with a line feed; `width` in columns; ANSI colours only with `color`.

    Waived findings are counted, not listed: the report has them. Infos have a line each, unless they can fail the run.
    `command` is what starts auditor where the reader is.
    """
    paint = _Paint(color)
    width = max(width, 40)
    cells = cell_index(report)
    live = [c for c in cards(report) if not c.waived]
    shown = [c for c in live if _is_listed(c, report)]
    infos = [c for c in live if c not in shown]
    blocks = [
        _wrap(_header(report), width, "  ", ""),
        *(_group(place, members, report, cells, paint, width) for place, members in _by_place(shown)),
        *(["\n".join(_infos(infos, paint, width))] if infos else []),
        "\n".join((*_closing(report, live, paint, width), _last_line(report, shown, width, command))),
    ]
    return "\n\n".join(blocks) + "\n"


def _is_listed(card: Card, report: Report) -> bool:
    return card.severity is not Severity.INFO or report.fail_on == "info"


def _clean(text: str) -> str:
    return visible(text, MAX_TEXT)


def _wrap(text: str, width: int, indent: str = _INDENT, first: str | None = None) -> str:
    return textwrap.fill(
        text, width, initial_indent=indent if first is None else first, subsequent_indent=indent,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _header(report: Report) -> str:
    names = listing([_clean(PurePath(c.source).name or c.source) for c in report.contracts], 3) or "no description"
    paths, operations = sum(len(c.paths) for c in report.contracts), sum(c.operations for c in report.contracts)
    seconds = max((e.seconds for e in (*report.environments, *report.layers)), default=0.0)
    layers = f" and {plural(len(report.layers), 'layer')}" if report.layers else ""
    return (
        f"{names}: {plural(paths, 'path')}, {plural(operations, 'operation')}, "
        f"{plural(len(report.environments), 'environment')}{layers}, "
        f"{plural(report.totals.requests, 'request')} in {duration(seconds)}"
    )


def _by_place(shown: list[Card]) -> Iterator[tuple[str, list[Card]]]:
    """Cards grouped by path, in the order of each path's worst card; wider ones have a group of their own."""
    groups: dict[str, list[Card]] = {}
    for card in shown:
        if len(card.paths) == 1:
            place = _clean(card.paths[0])
        elif card.paths:
            place = plural(len(card.paths), "path")
        else:
            place = _clean("all of " + listing(card.environments)) if card.environments else "the whole run"
        groups.setdefault(place, []).append(card)
    yield from groups.items()


def _group(place: str, members: list[Card], report: Report, cells: CellIndex, paint: _Paint, width: int) -> str:
    level = max(len(c.severity) for c in members)
    rule = max(len(_clean(c.lead.rule)) for c in members)
    method = max(len(_methods(c)) for c in members)
    lines = [paint(place, "path")]  # never torn: a path is there to be copied
    for c in members:
        columns = f"{_clean(c.lead.rule):<{rule}}  {_methods(c):<{method}}".rstrip()
        first, *more = _entry(c, f"  {c.severity:<{level}}  {columns}", report, cells, width)
        lines += [first.replace(c.severity, paint(c.severity, c.severity), 1), *more]
    return "\n".join(lines)


def _infos(infos: list[Card], paint: _Paint, width: int) -> Iterator[str]:
    for c in infos[:MAX_INFOS]:
        more = f", and {len(c.findings) - 1:,} more like it" if len(c.findings) > 1 else ""
        line = _wrap(f"info  {_clean(c.lead.rule)}: {_clean(c.lead.title)}{more}", width, "  ", "")
        yield line.replace("info", paint("info", "info"), 1)
    left = sum(len(c.findings) for c in infos[MAX_INFOS:])
    if left:
        yield f"{left:,} more in the report"


def _methods(card: Card) -> str:
    return _clean(",".join(card.methods))


def _entry(card: Card, start: str, report: Report, cells: CellIndex, width: int) -> list[str]:
    """The card's own lines: what was seen where, then what it means."""
    seen = [f"{_clean(name)}: {_clean(text)}" for name, text in seen_in(card, report, cells) if text]
    line = "  ".join((start, "   ".join(seen))).rstrip()
    lines = [line] if len(line) <= width else [start, *_flow(seen, width)]
    lead = card.lead
    if len(card.findings) > 1 and card.paths:
        lines.append(_wrap("on " + listing([_clean(p) for p in card.paths], MAX_PATHS), width))
    if lead.rule not in DRIFT_RULES or len(card.paths) != 1:
        lines.append(_wrap(_clean(lead.title), width))
    lines += [_wrap(_clean(effect_sentence(e)), width) for e in card.effects]
    if lead.rule == "base-path-wrong" and lead.fixes:  # nothing else can be learnt before it
        lines.append(_wrap(_clean(lead.fixes[0].text), width))
    lines += [_wrap(_clean(t), width) for t in _news(card, report)]
    lines += [_wrap(sentence(_clean(t)), width) for t in acceptance(card)]
    return lines


def _news(card: Card, report: Report) -> Iterator[str]:
    """What is new of it, where not all is; what was accepted last time says why it counts, unless its waiver does."""
    every = [o for f in card.findings for o in f.occurrences]
    places = list(dict.fromkeys(o.environment for o in every if o.status == "new" and o.waived is None))
    if places:
        everywhere = set(places) == {o.environment for o in every}
        yield "New since last time." if everywhere else f"New since last time in {listing(places)}."
    news = News.of(report)
    returned = news.where(card.findings, RETURNED) if news is not None else []
    if returned and not any(o.lapsed for o in every):
        yield f"Accepted last time in {listing(returned)}, and no longer."


def _flow(items: list[str], width: int) -> list[str]:
    """`items` in as few lines as they fit in, none of them torn unless it is longer than a line."""
    lines: list[str] = []
    for item in items:
        if lines and len(lines[-1]) + 3 + len(item) <= width:
            lines[-1] += f"   {item}"
        else:
            lines += _wrap(item, width).split("\n")
    return lines


def _closing(report: Report, live: list[Card], paint: _Paint, width: int) -> Iterator[str]:
    yield from _not_judged(report, width)
    t = report.totals
    sums = (
        f"{t.documented:,} documented = {t.supported:,} supported + {t.unsupported:,} unsupported + "
        f"{t.undetermined:,} undetermined + {t.excluded:,} excluded"
    )
    yield _wrap(sums, width, "  ", "")
    for p in report.promotions[:-1]:  # the verdict below is that of the last
        faults = brought(report, p)
        brings = f", and brings {plural(len(faults), 'fault')} along" if faults else ""
        because = f"{p.because.partition('; ')[0]}{brings}"
        yield _wrap(_clean(f"{p.from_} → {p.to}: {outcome(p, report)[0]}; {because}."), width, "  ", "")
    head = headline(report)
    # Colour after wrapping, and the verdict's words kept together, as escape sequences have no width.
    word = head.word.replace(" ", "\0")
    verdict = _wrap(f"{_sums(report, live)} {word}{head.joint} {_clean(head.sentence)}.", width, "  ", "")
    yield verdict.replace(word, paint(head.word, head.tone), 1)
    if head.caveat:
        yield _wrap(_clean(head.caveat), width, "  ")
    yield _wrap(_clean(head.lede.replace("`", "")), width, "  ")
    if report.since is not None:
        yield _wrap(visible(since_line(report), MAX_SINCE), width, "  ", "")
    names = [e.environment.name for e in (*report.environments, *report.layers)]
    told = (*report.possible_writes, *report.waiver_notes, *report.remarks)
    yield from (_wrap(sentence(_clean(n), names), width, "  ", "") for n in told)


def _not_judged(report: Report, width: int) -> Iterator[str]:
    """Documented operations first; what nobody documented is told apart, so that neither hides the other."""
    unknown = [c for c in report.cells if c.support is Support.UNDETERMINED]
    documented = [c for c in unknown if (c.environment, c.path, c.method) in report.documented]
    if documented:
        text = f"Not judged: {plural(len(documented), 'cell')} ({_reasons(documented)})"
        yield _wrap(text, width, "  ", "")
        yield from (_wrap(sentence(_clean(t)), width, "  ") for t in (*doubted(report), *refused(report)))
    if len(unknown) > len(documented):
        text = f"Not judged either: {plural(len(unknown) - len(documented), 'cell')} of undocumented methods"
        yield _wrap(text, width, "  ", "")


def _reasons(cells: Iterable[Cell]) -> str:
    counts = Counter(c.reason for c in cells)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0] or ""))
    return ", ".join(f"{n:,} {REASONS[reason] if reason else 'without a reason'}" for reason, n in ordered)


def _sums(report: Report, live: list[Card]) -> str:
    """Paths as the differ joins them: two descriptions of one resource, or two names of a parameter, are one path."""
    t = report.totals
    parts = [plural(n, noun) for n, noun in ((t.errors, "error"), (t.warnings, "warning"), (t.infos, "info")) if n]
    paths = {anonymous(p) for c in live for p in c.paths}
    total = len({anonymous(i.template) for c in report.contracts for i in c.paths})
    walled = {e for c in live if c.lead.rule == "auth-hides-methods" for e in c.environments}
    paths |= {anonymous(c.path) for c in report.cells if c.reason is Reason.AUTH_WALL and c.environment in walled}
    whole = {e: None for c in live if not c.paths and c.lead.rule != "auth-hides-methods" for e in c.environments}
    places = [f"{len(paths):,} of {plural(total, 'path')}"] if paths else []
    places += [f"all of {_clean(listing(list(whole)))}"] if whole else []
    where = f" in {' and '.join(places)}" if places else ""
    waived = f"; {t.waived:,} waived" if t.waived else ""
    return sentence(f"{listing(parts) or 'no findings'}{where}{waived}")


def _last_line(report: Report, shown: list[Card], width: int, command: str) -> str:
    """Where the report is, and the hint: beside it, or below where both do not fit."""
    out = next((value for name, value, _ in report.settings if name == "out"), "drift-report")
    line = f"Report: {_clean((out.rstrip('/') or out) + '/report.html')}"
    hint = _clean(_hint(report, shown, command))
    both = f"{line}     {hint}".rstrip()
    return both if len(both) <= width or not hint else f"{line}\n{_wrap(hint, width, '  ', '')}"


def _hint(report: Report, shown: list[Card], command: str) -> str:
    """The one next step: about the run, else about its findings, else about what was not judged most."""
    if report.notes:
        return report.notes[0]
    if again := ended_early(report):
        return again
    if shown:
        return f"explain a rule: {command} explain {shown[0].lead.rule}"
    if given := refused(report):
        return f"{given[0]}: renew them, or give others"
    unknown = (c for c in report.cells if (c.environment, c.path, c.method) in report.documented)
    remedies = Counter(c.remedy for c in unknown if c.remedy)
    return max(remedies.items(), key=lambda item: (item[1], item[0]))[0] if remedies else ""
