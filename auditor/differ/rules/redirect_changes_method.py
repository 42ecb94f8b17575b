"""redirect-changes-method: a documented method is redirected in a way that makes clients send another one.

What they do was measured (auditor/differ/clients.py); 307 and 308 keep the method (RFC 9110 §15.4.8, §15.4.9).
"""

from __future__ import annotations

from collections.abc import Iterator

from auditor.differ.catalogue import Found, Rule
from auditor.differ.clients import emptied_by, kept_by, stopped_by
from auditor.differ.destinations import Destination, destination, redirect_cause
from auditor.differ.evidence import controls, detailed, listed, place, verb
from auditor.differ.likely import Cause
from auditor.differ.redirect_causes import LOGIN, SLASH, elsewhere, root_causes
from auditor.differ.redirects import Met, met, spared
from auditor.differ.view import View
from auditor.model.finding import Confidence, Fix, RootCause, Severity, Side


def check(view: View) -> Iterator[Found]:
    for cells in view.cells():
        every = [(m, destination(m, view)) for m in map(met, cells) if m and m.changed_by]
        # Who is not signed in is sent to a page with GET on purpose: redirect-on-path speaks of that.
        found = [(m, where) for m, where in every if not where.login]
        if found:
            yield _found([m for m, _ in found], found[0][1])


def _found(found: list[Met], where: Destination) -> Found:
    first, cell = found[0], found[0].cell
    occurrences = tuple(m.occurrence for m in found)
    names = listed(dict.fromkeys(m.cell.environment.name for m in found))
    is_ = "is" if any(m.seen for m in found) else "would be"
    return Found(
        path=cell.path.template,
        methods=(cell.method,),
        title=f"{cell.name} {is_} redirected in {names}, and {_who(found)} turn it into GET",
        symptom=f"{cell.name} {is_} redirected in {names}{detailed(occurrences)}. {what_arrives(found)}{where.words}"
                f"{spared(cell.path)}",
        diagnosis=_diagnosis(first),
        confidence=max((m.confidence for m in found), key=lambda c: c.rank),
        occurrences=occurrences,
        cause=redirect_cause(found, where),
        root_causes=root_causes(found, where),
        severity=_severity(found),
        fixes=_fixes(found, where),
        alone=elsewhere(where),
        location=cell.location,
        owner=cell.owner,
    )  # fmt: skip


def _fixes(found: list[Met], where: Destination) -> tuple[Fix, ...]:
    cell = found[0].cell
    at = place(cell.path.location)
    if elsewhere(where):  # 308 would carry the request to a page that may not be meant for it
        return (
            Fix(Side.GATEWAY, "easy", f"Let {cell.name} pass: take it out of the rule that redirects it."),
            Fix(Side.CONTRACT, "easy", f"{at}: document the operation where it was moved to, if it was."),
        )
    return (Fix(Side.CONTRACT, "easy", f"{at}: document the path as it is served, without the detour."),)


def _who(found: list[Met]) -> str:
    left = any(kept_by(m.cell.method, m.redirect.status) for m in found)
    return "some clients" if left else "clients"


def what_arrives(found: list[Met]) -> str:
    """What the clients send to the target, as a sentence."""
    method = found[0].cell.method
    changed, emptied, stopped = (
        tuple(dict.fromkeys(name for m in found for name in by(method, m.redirect.status)))
        for by in (lambda _, status: next(m.changed_by for m in found if m.redirect.status == status), emptied_by,
                   stopped_by)
    )  # fmt: skip
    parts = [
        f"Clients that follow it send GET in place of {method}: {listed(changed, most=8)}",
        f"{listed(emptied)} {verb(len(emptied), 'sends', 'send')} {method} without its content" if emptied else "",
        f"{listed(stopped)} {verb(len(stopped), 'does', 'do')} not follow" if stopped else "",
    ]
    return f"{'; '.join(filter(None, parts))}."


def _severity(found: list[Met]) -> Severity:
    harmful = any(m.cell.method == "POST" or m.redirect.status == 303 for m in found)
    return Severity.ERROR if harmful else Severity.WARNING


def _diagnosis(found: Met) -> str:
    exchanges = found.cell.environment.found(found.occurrence.exchanges)
    if found.seen:
        return f"{controls(exchanges)} The method itself was redirected.".strip()
    control = found.redirect.method
    return (
        f"{controls(exchanges)} {control}, which nobody implements, is redirected like another method, so the router "
        f"redirects before it looks at the method; {found.cell.method} itself was not sent. A log line of a "
        f"{found.cell.method} that was redirected would settle it."
    ).strip()


RULE = Rule(
    id="redirect-changes-method",
    title="A redirect makes clients change the method",
    severity=Severity.WARNING,
    scope="cell",
    source="RFC 9110 §15.4.2, §15.4.3, §15.4.4",
    explanation="The documented path is redirected with 301, 302 or 303. Common clients then send GET in place of the "
                "documented method and drop its content; the call seems to succeed and does nothing. It is an error "
                "for POST, which nearly every client changes, and for 303, which demands it of all. What each client "
                "does was measured: docs/redirects.md.",
    root_causes=(
        Cause(Confidence.HIGH, SLASH, Side.SERVICE),
        Cause(Confidence.MEDIUM, "A gateway moves callers to https or to another host or prefix with 301 or 302.",
              Side.GATEWAY),
        RootCause(Confidence.LOW, LOGIN),
    ),
    diagnosis="A redirect of the method itself, or of both a method that nobody implements and another one, with the "
              "same kind of target: then it does not depend on the method.",
    fixes=(
        Fix(Side.SERVICE, "easy", "Route the documented spelling itself, or redirect with 308 (307), which keeps "
                                  "method and content."),
        Fix(Side.GATEWAY, "easy", "Replace 301 by 308 and 302 by 307 in the redirect rule."),
        Fix(Side.CLIENT, "easy", "Call the target of the redirect."),
    ),
    prevention="Test that every documented operation is reached without a redirect.",
    silenced_by=("base-path-wrong", "environment-redirects", "path-missing"),
    check=check,
)  # fmt: skip
