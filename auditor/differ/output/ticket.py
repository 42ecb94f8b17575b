"""What the gate says: two lines for a log, five for a chat, a page of Markdown for a change ticket."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from auditor.differ.gate import Decision, Policy, accepted, counted
from auditor.differ.output.chat import MAX_LINE, inert, plain, unlinked
from auditor.differ.past import PastReport

MAX_OCTETS = 32_000
MAX_SENTENCE = 1500
_HEADS = {"promote": "Promote {0} to {1}", "care": "Promote with care: {0} to {1}",
          "hold": "Hold: do not promote {0} to {1}",
          "cannot-say": "Cannot say whether {0} can be promoted to {1}"}  # fmt: skip
EFFECTS = {
    "removes-documented": "documented lost", "adds-undocumented": "undocumented gained",
    "still-missing": "missing as before", "removes-undocumented": "undocumented lost", "repairs": "repaired",
    "adds-documented": "documented gained", "environment-only": "of the environment, not of the build",
    "cannot-say": "not compared",
}  # fmt: skip
"""What happens to a method, for people who have not read the report."""
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-!|<>~=^$\"'])")


def head(decision: Decision, policy: Policy) -> str:
    """The verdict in one sentence."""
    kind = "care" if decision.verdict == "promote" and decision.along else decision.verdict
    return plain(_HEADS[kind].format(policy.from_, policy.to), MAX_LINE)


def lines(decision: Decision, policy: Policy) -> list[str]:
    """One verdict line, and the policy sentence that decided."""
    check = decision.deciding
    because = plain(check.because, MAX_SENTENCE)
    return [f"{head(decision, policy)}.", f"Policy: {plain(check.policy, MAX_LINE)}; {because}."]


def chat(decision: Decision, policy: Policy, report: PastReport) -> list[str]:
    """Five lines that nobody is called by, and that link nowhere."""
    check = decision.deciding
    build = next((e.build for e in report.environments if e.name == policy.from_), None)
    along = [counted(decision.along)] if decision.along else []
    found = [
        f"{head(decision, policy)}.",
        f"Policy: {check.policy}.",
        f"Because: {check.because}.",
        f"For callers of {policy.to}: {'; '.join((_effects(decision), *along, _waived(report, policy)))}.",
        f"Report: run {report.run.id} of {report.run.finished_at}, build {build or 'unknown'}.",
    ]
    return [inert(line) for line in found]


def _effects(decision: Decision) -> str:
    counts: dict[str, int] = {}
    for change in decision.promotion.changes if decision.promotion else ():
        counts[change.effect] = counts.get(change.effect, 0) + 1
    return ", ".join(f"{n} {EFFECTS.get(effect, effect)}" for effect, n in counts.items()) or "no change"


def _waived(report: PastReport, policy: Policy) -> str:
    return f"{len(accepted(report, policy))} waived"


def ticket(decision: Decision, policy: Policy, report: PastReport, digest: str) -> bytes:
    """Markdown for a change ticket, at most 32 kB: what does not fit is counted."""
    check = decision.deciding
    start = [
        f"# {_text(head(decision, policy))}", "",
        f"**Policy:** {_text(check.policy)}. {_sentence(check.because)}", "",
        f"Report: run {_code(report.run.id)}, finished {_code(report.run.finished_at)}, SHA-256 {_code(digest)}.",
        f"{'Complete.' if report.complete else 'Incomplete: ' + _text('; '.join(report.incomplete_because))}", "",
        "| environment | build | state | decided |", "|---|---|---|---|",
        *(f"| {_code(e.name)} | {_code(e.build or '–')} | {_code(e.state)} | {_share(e.decided)} |"
          for e in report.environments if e.name in (policy.from_, policy.to)),
        "", "| check | result |", "|---|---|",
        *(f"| {_text(c.policy)} | {_text(c.verdict or 'passed')}: {_text(c.because)} |" for c in decision.checks), "",
    ]  # fmt: skip
    room = MAX_OCTETS - sum(len(line.encode()) + 1 for line in start)
    body = list(_tables(decision, policy, report, room))
    return "\n".join([*start, *body]).encode()


def _tables(decision: Decision, policy: Policy, report: PastReport, room: int) -> Iterator[str]:
    changes = decision.promotion.changes if decision.promotion else []
    owners = {f.fingerprint: f.owner for f in report.findings}
    told = (
        f"| {_text(EFFECTS.get(c.effect, c.effect))} | {_code(f'{c.method} {c.path}')} "
        f"| {_text(owners.get(c.fingerprint or '') or '–')} | {_code(c.fingerprint or '–')} |"
        for c in changes if c.effect != "cannot-say"
    )  # fmt: skip
    title = f"Changes for callers of {plain(policy.to, 80)}"
    yield from _table(_text(title), "| change | operation | owner | finding |\n|---|---|---|---|", told, room // 2)
    left = sum(c.effect == "cannot-say" for c in changes)
    if left:
        yield from (f"{left:,} more documented operation{'s' if left != 1 else ''} could not be compared.", "")
    faults = (f"| {_text(f.title)} | {_text(f.owner or '–')} | {_code(f.fingerprint)} |" for f in decision.along)
    title = f"Comes along to {plain(policy.to, 80)}: holds nothing by itself"
    yield from _table(_text(title), "| fault | owner | finding |\n|---|---|---|", faults, room // 4)
    yield from _waivers(policy, report, room // 4)


def _waivers(policy: Policy, report: PastReport, room: int) -> Iterator[str]:
    terms = (
        f"| {_code(' '.join(x for x in (f.rule, o.method, f.path) if x))} | {_code(o.environment)} | "
        + " | ".join(_text((o.waived or {}).get(k, "–")) for k in ("reason", "owner", "ticket", "expires"))
        + " |"
        for f, o in accepted(report, policy)
    )  # fmt: skip
    head = "| accepted | environment | reason | owner | ticket | until |\n|---|---|---|---|---|---|"
    yield from _table("Waivers", head, terms, room)


def _table(title: str, head: str, rows: Iterable[str], room: int) -> Iterator[str]:
    listed = list(rows)
    left = room - len(title) - len(head) - 100
    shown = []
    for row in listed:
        left -= len(row.encode()) + 1
        if left < 0:
            break
        shown.append(row)
    if listed:
        yield from (f"## {title}", "", head, *shown, "")
    if len(shown) < len(listed):
        yield from (f"{len(listed) - len(shown):,} more in report.json.", "")


def _share(decided: float | None) -> str:
    return "–" if decided is None else f"{int(decided * 100)} %"


def _sentence(text: str) -> str:
    return _text(text[:1].upper() + text[1:]) + "."


def _text(text: str) -> str:
    """Text in Markdown that is only text."""
    shown = _MARKUP.sub(r"\\\1", plain(text, MAX_SENTENCE).replace("&", "&amp;"))
    return unlinked(shown).replace("\\<", "&lt;").replace("\\>", "&gt;").replace("@", "&#64;")


def _code(text: str) -> str:
    """A code span in a table: no markup works in it, and no backtick ends it."""
    return "`" + plain(text, 300).replace("`", "'").replace("|", "¦").replace("\\", "⧵") + "`"
