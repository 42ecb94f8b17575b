"""Evidence in words: what was seen, which controls it was compared with, and which exchange shows it best."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from auditor.differ.settling import settling
from auditor.differ.view import CellView, EnvironmentView, PathView
from auditor.model.cell import Basis
from auditor.model.contract import Location
from auditor.model.exchange import Exchange, Failure, Form, Purpose
from auditor.model.finding import Confidence, Occurrence
from auditor.model.methods import Allow, method_order, parse_allow


def listed(names: Iterable[str], *, most: int = 6) -> str:
    """`dev`, `dev and stage`, `dev, stage and prod`; past `most` the rest is counted."""
    found = list(names)
    if len(found) > most:
        found = [*found[: most - 1], f"{len(found) - most + 1} more"]
    return " and ".join((", ".join(found[:-1]), found[-1])) if len(found) > 1 else "".join(found)


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 method`, `2 methods`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def verb(number: int, one: str, many: str) -> str:
    """The form that agrees with `number`: `is` or `are`."""
    return one if number == 1 else many


def place(location: Location | None) -> str:
    """`orders.yaml:12 (#/paths/~1orders)`; `the description` where nothing is known."""
    if location is None:
        return "the description"
    return f"{location.file}{f':{location.line}' if location.line else ''} (#{location.pointer.lstrip('#')})"


def allowed(allow: Allow) -> str:
    """The methods of an `Allow` in the usual order, so that two servers that say the same read the same."""
    names = ", ".join([*sorted(allow.methods, key=method_order), *(f"“{o}”" for o in allow.odd)])
    return names or "(empty)"


_ALLOW = re.compile(r"\bAllow: ([!#$%&'*+.^_`|~\w-]+(?:, [!#$%&'*+.^_`|~\w-]+)*)")


def _in_order(text: str) -> str:
    """Each Allow in `text` in the usual order, as `allowed` gives it: one list in two orders looks like two."""
    return _ALLOW.sub(lambda m: f"Allow: {', '.join(sorted(m[1].split(', '), key=method_order))}", text)


def tells_of(text: str, template: str) -> bool:
    """Whether `text` names the path, as a word of its own: `/a` is not in `GET /a/b is served`."""
    return re.search(rf"(?<!\S){re.escape(template)}(?![^\s,;:])", text) is not None


def answer(status: int, allow: Allow | None) -> str:
    """`405, Allow: GET, PUT`; `405 without Allow`."""
    if allow is not None:
        return f"{status}, Allow: {allowed(allow)}"
    return f"{status} without Allow" if status == 405 else str(status)


def seen(cell: CellView) -> str:
    """What was seen of a decided cell, short: the detail of an occurrence."""
    if cell.cell.basis is Basis.ADVERTISED:
        return _advertised(cell)
    if cell.cell.basis is Basis.INFERRED:
        return "supported (inferred)" if cell.supported else path_answer(cell.path)
    twin = next((e for e in cell.exchanges if e.probe.purpose is Purpose.TWIN and e.answer is not None), None)
    if twin is not None and twin.answer is not None:
        return f"redirects to {twin.probe.target}, which answers {answer(twin.answer.status, _allow(twin))}"
    own = next((e for e in cell.exchanges if e.probe.method == cell.method), None)
    if cell.supported:
        waits = own is not None and own.failure is Failure.SILENT
        answers = "waits for its content" if waits else f"answers {cell.status}" if cell.status else ""
        return f"supported ({answers})" if answers else "supported"
    status, refusal = cell.status, cell.refusal
    if status in (405, 501) or status is None:
        allow = refusal.allow if refusal else _allow(own) if own else None
        return answer(status, allow) if status else "refused"
    return f"{status}{_likeness(cell.exchanges, cell.method)}"


def _advertised(cell: CellView) -> str:
    if cell.supported:
        return "supported (advertised by Allow)"
    claim = next((a for a in map(_allow, cell.exchanges) if a is not None), None)
    claim = claim or next(iter(cell.path.facts.allow.values()), None)
    return f"not in Allow: {allowed(claim)}" if claim else "not in Allow"


def path_answer(path: PathView) -> str:
    """How a path that is not routed answers: `404 like an unknown path`."""
    statuses = path.facts.statuses
    status = statuses.get("GET") or next(iter(statuses.values()), None)
    return f"{status} like an unknown path" if status else "answers like an unknown path"


def _likeness(exchanges: Sequence[Exchange], method: str) -> str:
    if any(e.probe.purpose is Purpose.SIBLING for e in exchanges):
        return " like an unknown path"
    control = next((e for e in exchanges if e.probe.purpose is Purpose.PATH and e.probe.method != method), None)
    return f" like {control.probe.method}" if control else ""


def _allow(exchange: Exchange) -> Allow | None:
    return parse_allow(exchange.answer.values("Allow")) if exchange.answer else None


_REMEDIES = (Purpose.BASE, Purpose.NEAR, Purpose.NEAR_UNKNOWN)
_ASKED_APART = (Purpose.HEAD, Purpose.PREFLIGHT, Purpose.TRACE)


def decisive(exchanges: Sequence[Exchange], method: str = "") -> Exchange | None:
    """The exchange to repeat: what a survey asked, the method itself on the path, else an `Allow` of the path, else its
    control.

    What works under another base or spelling shows the remedy, not the fault: it comes last. Where a request without
    credentials is part of the evidence, it is what the finding is about.
    """

    claimed = bool(exchanges) and exchanges[0].probe.form is Form.PLAIN and _allow(exchanges[0]) is not None

    def preference(exchange: Exchange) -> tuple[bool, ...]:
        slot = exchange.probe.slot
        mute = claimed and slot.form is not Form.PLAIN  # its Allow decided, not this answer
        own = slot.purpose in (Purpose.PATH, Purpose.VARIED, Purpose.ABSENT, Purpose.PHANTOM)
        apart = slot.purpose in _ASKED_APART and method in ("", slot.variant or slot.method)
        named = own and _allow(exchange) is not None
        bare, other = slot.purpose is Purpose.ANONYMOUS, slot.purpose in _REMEDIES
        return not (bare or apart), not (own and slot.method == method and not mute), not named, not own, other

    return min(exchanges, key=preference, default=None)


def controls(exchanges: Iterable[Exchange]) -> str:
    """The exchanges as one sentence: `Compared: REPORT /orders → 405; GET /orders-x (unknown path) → 404.`"""
    parts = [_control(e) for e in exchanges]
    shown = parts[:4] + ([f"{len(parts) - 4} more"] if len(parts) > 4 else [])
    return f"Compared: {'; '.join(shown)}." if shown else ""


def carries_credentials(exchange: Exchange) -> bool:
    """Whether a field was sent that the configuration gave, and whose name is that of a secret."""
    own = {name.lower() for name, _ in exchange.probe.fields}
    given = {name.lower() for name, value in exchange.sent_fields if value is None} - own
    return any(word in name for name in given for word in _SECRET)


_SECRET = ("auth", "cookie", "key", "token", "secret", "session", "password")
"""Values of configured fields are not kept, so the name must tell a credential from a tenant."""


_NOTES = {
    Purpose.SIBLING: " (unknown path)", Purpose.DEEPER: " (unknown path)", Purpose.ANONYMOUS: " (without credentials)",
    Purpose.ANONYMOUS_SIBLING: " (unknown path, without credentials)", Purpose.HEAD_UNKNOWN: " (unknown path)",
    Purpose.PREFLIGHT_UNKNOWN: " (unknown path)", Purpose.NEAR_UNKNOWN: " (unknown path)",
    Purpose.VARIED: " (past the cache)",
}  # fmt: skip


def _control(exchange: Exchange) -> str:
    note = _NOTES.get(exchange.probe.purpose, "")
    if exchange.probe.purpose in (Purpose.PREFLIGHT, Purpose.PREFLIGHT_UNKNOWN):
        note = f" for {exchange.probe.slot.variant}{note}"
    silent = exchange.failure is Failure.SILENT
    reply = "waits for the rest of the content" if silent else f"no answer ({exchange.failure})"
    if exchange.answer is not None:
        reply = answer(exchange.answer.status, _allow(exchange))
    return f"{exchange.probe.method} {exchange.probe.target}{note} → {reply}"


def reasoning(cells: Sequence[CellView]) -> str:
    """The diagnosis of decided cells: why each was judged so, the controls, and what would settle what is left."""
    whys = _by_text(cells, lambda c: c.cell.why)
    text = " ".join(f"{listed(where)}: {_sentence(_in_order(why))}" if why else "" for why, where in whys)
    open_ = (f"In {listed(dict.fromkeys(where))} {still}" for where, still in settling(cells))
    return " ".join(filter(None, (text, controls(cells[0].exchanges), *open_)))


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def details(occurrences: Sequence[Occurrence]) -> str:
    """The details of all: one text where they agree, else each with its environment."""
    texts = list(dict.fromkeys(o.detail for o in occurrences))
    return texts[0] if len(texts) == 1 else "; ".join(f"{o.environment}: {o.detail}" for o in occurrences)


def detailed(occurrences: Sequence[Occurrence]) -> str:
    """The same after a statement: `: 405, Allow: GET`, or ` (dev: 405, Allow: GET; stage: 501)`."""
    text = details(occurrences)
    return f": {text}" if len({o.detail for o in occurrences}) == 1 else f" ({text})"


def _by_text(cells: Sequence[CellView], text: Callable[[CellView], str]) -> list[tuple[str, list[str]]]:
    groups: dict[str, list[str]] = {}
    for cell in cells:
        groups.setdefault(text(cell), []).append(cell.environment.name)
    return list(groups.items())


def names(of: Iterable[CellView | PathView]) -> str:
    """The environments, as a list in words."""
    return listed(dict.fromkeys(o.environment.name for o in of))


def occurrence(cell: CellView) -> Occurrence:
    """The occurrence of a decided cell, with the exchanges that it rests on."""
    return Occurrence(cell.environment.name, cell.method, cell.cell.exchanges, seen(cell))


def of_environment(environment: EnvironmentView, detail: str) -> Occurrence:
    """The occurrence of a whole environment, with the control exchanges that show it."""
    return Occurrence(environment.name, "", environment.facts.exchanges, detail)


def confidence(cells: Iterable[CellView]) -> Confidence:
    """That of the weakest cell, since the finding speaks for all: observed is high, advertised medium.

    Inferred is high for a literal path, and medium for a templated one, where a 404 may be about the object.
    """
    return max((_confidence(c) for c in cells), key=lambda c: c.rank)


def _confidence(cell: CellView) -> Confidence:
    sure = cell.observed or (cell.cell.basis is Basis.INFERRED and not cell.path.is_templated)
    return Confidence.HIGH if sure else Confidence.MEDIUM


def cause(rule: str, what: Iterable[str]) -> str:
    """The key shared by findings that one fix would remove: `allow-missing:dev,stage`."""
    return f"{rule}:{','.join(dict.fromkeys(what))}"


def blanket(cells: Sequence[CellView]) -> int:
    """On how many paths of each environment the method drifts alike, if it does so on all; 0 if it does not.

    A method that is refused on every path that documents it, or served on every path that does not, has one cause.
    """
    first = cells[0]
    peers = [c.environment.tally.get((c.method, c.documented), Counter()) for c in cells]
    alike = all(set(supports) == {first.cell.support} for supports in peers)
    fewest = min(supports.total() for supports in peers)
    return fewest if alike and fewest > 1 else 0


def drift_cause(rule: str, cells: Sequence[CellView]) -> str:
    """Shared by the paths of a blanket drift; else the operation's own, as nothing shows that one fix would do."""
    first = cells[0]
    what = first.method if blanket(cells) else first.name
    return f"{cause(rule, (c.environment.name for c in cells))}:{what}"
