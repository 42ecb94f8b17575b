"""redirect-on-path: a documented path redirects, and the method is kept."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.differ.catalogue import Found, Rule
from auditor.differ.evidence import controls, detailed, listed, place
from auditor.differ.likely import Cause
from auditor.differ.redirects import Met, by_kind, documented_target, met, redirect_cause
from auditor.differ.rules.redirect_changes_method import changed_by
from auditor.differ.view import PathView, View
from auditor.model.finding import Confidence, Fix, Occurrence, Severity, Side


def check(view: View) -> Iterator[Found]:
    for places in view.paths():
        found = [kept for p in places if (kept := _kept(p))]
        if not found:
            continue
        first = found[0][0]
        path = first.cell.path
        methods = tuple(dict.fromkeys(m.cell.method for kept in found for m in kept))
        occurrences = tuple(_occurrence(kept) for kept in found)
        names = listed(o.environment for o in occurrences)
        yield Found(
            path=path.template,
            methods=methods,
            title=f"{path.template} redirects in {names}",
            symptom=f"{listed(methods)} {path.template} {'is' if len(methods) == 1 else 'are'} redirected in {names}"
                    f"{detailed(occurrences)}. The method is kept.{_matched(first)}",
            diagnosis=f"{controls(path.environment.found(occurrences[0].exchanges))} Redirects are never followed; "
                      "what the target serves is not judged here.".strip(),
            confidence=max((m.confidence for kept in found for m in kept), key=lambda c: c.rank),
            occurrences=occurrences,
            cause=redirect_cause([m for kept in found for m in kept]),
            root_causes=by_kind([m for kept in found for m in kept], *RULE.root_causes),
            fixes=(Fix(Side.CONTRACT, "easy", f"{place(path.location)}: document the target instead."),),
            location=path.location,
            owner=path.owner,
        )  # fmt: skip


def _kept(path: PathView) -> list[Met]:
    """The redirects after which every client still sends the documented method."""
    return [m for m in map(met, path.cells.values()) if m and not changed_by(m.cell.method, m.redirect.status)]


def _occurrence(kept: list[Met]) -> Occurrence:
    """All methods in one text where they are redirected alike, else each with its own."""
    every = [(m.cell.method, m.occurrence) for m in kept]
    texts = dict.fromkeys(o.detail for _, o in every)
    detail = next(iter(texts)) if len(texts) == 1 else ", ".join(f"{method} {o.detail}" for method, o in every)
    exchanges = tuple(dict.fromkeys(i for _, o in every for i in o.exchanges))
    return Occurrence(every[0][1].environment, "", exchanges, detail)


def _matched(found: Met) -> str:
    if found.redirect.kind in ("scheme", "host"):
        return " The target is on another origin."
    target = documented_target(found)
    return f" The target is documented as {target}." if target else " The target is not documented."


RULE = Rule(
    id="redirect-on-path",
    title="A documented path redirects",
    severity=Severity.INFO,
    scope="path",
    source="RFC 9110 §15.4",
    explanation="The documented path answers with a redirect that keeps the method: every call costs a second one, and "
                "clients that do not follow redirects get nothing.",
    root_causes=(
        Cause(Confidence.HIGH, "The framework prefers the other spelling of the path, with or without the slash at "
                               "the end.", Side.SERVICE),
        Cause(Confidence.MEDIUM, "The path was moved, and the description still has the old one.", Side.CONTRACT),
        Cause(Confidence.LOW, "The operation is meant to redirect, and its responses do not say so.", Side.CONTRACT),
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
