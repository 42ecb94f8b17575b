"""redirect-on-path: a documented path redirects, and the method is kept, or the target is a log-in."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.differ.catalogue import Found, Rule
from auditor.differ.clients import stopped_by
from auditor.differ.destinations import Destination, destination, redirect_cause
from auditor.differ.evidence import controls, detailed, listed, place, verb
from auditor.differ.likely import Cause
from auditor.differ.redirect_causes import MEANT, STALE, root_causes
from auditor.differ.redirects import Met, met, spared
from auditor.differ.view import PathView, View
from auditor.model.finding import Confidence, Fix, Occurrence, Severity, Side


def check(view: View) -> Iterator[Found]:
    for places in view.paths():
        found = [kept for p in places if (kept := _kept(p, view))]
        if found:
            yield _found(found, destination(found[0][0], view))


def _found(found: list[list[Met]], where: Destination) -> Found:
    path = found[0][0].cell.path
    every = [m for kept in found for m in kept]
    methods = tuple(dict.fromkeys(m.cell.method for m in every))
    occurrences = tuple(_occurrence(kept) for kept in found)
    names = listed(o.environment for o in occurrences)
    return Found(
        path=path.template,
        methods=methods,
        title=f"{path.template} redirects in {names}",
        symptom=f"{listed(methods)} {path.template} {_are(every)} redirected in {names}"
                f"{detailed(occurrences)}.{_what_arrives(every)}{where.words}{spared(path)}",
        diagnosis=f"{controls(path.environment.found(occurrences[0].exchanges))} Redirects are never followed; "
                  "what the target serves is not judged here.".strip(),
        confidence=max((m.confidence for m in every), key=lambda c: c.rank),
        occurrences=occurrences,
        cause=redirect_cause(every, where),
        root_causes=root_causes(every, where),
        fixes=(_own_fix(path, where),),
        location=path.location,
        owner=path.owner,
    )  # fmt: skip


def _are(every: list[Met]) -> str:
    """Methods that were not sent meet what others do: nothing was seen of their own."""
    methods = {m.cell.method for m in every}
    return verb(len(methods), "is", "are") if any(m.seen for m in every) else "would be"


def _kept(path: PathView, view: View) -> list[Met]:
    """The redirects after which every client still sends the documented method, and those to a log-in."""
    every = [m for m in map(met, path.cells.values()) if m]
    return [m for m in every if not m.changed_by or destination(m, view).login]


def _what_arrives(every: list[Met]) -> str:
    changed = list(dict.fromkeys(m.cell.method for m in every if m.changed_by))
    if changed:
        return f" Clients send GET there in place of {listed(changed)}."
    stopped = tuple(dict.fromkeys(name for m in every for name in stopped_by(m.cell.method, m.redirect.status)))
    left_out = f", but {listed(stopped)} {verb(len(stopped), 'does', 'do')} not follow" if stopped else ""
    return f" The method is kept{left_out}."


def _own_fix(path: PathView, where: Destination) -> Fix:
    if where.login:
        return Fix(Side.CLIENT, "easy", "Give credentials that open the path, with --header.")
    return Fix(Side.CONTRACT, "easy", f"{place(path.location)}: document the target instead.")


def _occurrence(kept: list[Met]) -> Occurrence:
    """All methods in one text where they are redirected alike, else each with its own."""
    every = [(m.cell.method, m.occurrence) for m in kept]
    texts = dict.fromkeys(o.detail for _, o in every)
    detail = next(iter(texts)) if len(texts) == 1 else ", ".join(f"{method} {o.detail}" for method, o in every)
    exchanges = tuple(dict.fromkeys(i for _, o in every for i in o.exchanges))
    return Occurrence(every[0][1].environment, "", exchanges, detail)


RULE = Rule(
    id="redirect-on-path",
    title="A documented path redirects",
    severity=Severity.INFO,
    scope="path",
    source="RFC 9110 §15.4",
    explanation="The documented path answers with a redirect that keeps the method, or leads to a log-in: every call "
                "costs a second one, and clients that do not follow redirects get nothing.",
    root_causes=(
        Cause(Confidence.HIGH, "The framework prefers the other spelling of the path, with or without the slash at "
                               "the end.", Side.SERVICE),
        Cause(Confidence.MEDIUM, STALE, Side.CONTRACT),
        Cause(Confidence.LOW, MEANT, Side.CONTRACT),
    ),
    diagnosis="The status and the target of the answer to the documented path itself.",
    fixes=(
        Fix(Side.SERVICE, "easy", "Route the documented spelling."),
        Fix(Side.CONTRACT, "easy", "List the 3xx status among the operation's responses, if the redirect is meant."),
    ),
    prevention="Test that every documented operation is reached without a redirect.",
    silenced_by=("base-path-wrong", "environment-redirects", "path-missing"),
    check=check,
)  # fmt: skip
