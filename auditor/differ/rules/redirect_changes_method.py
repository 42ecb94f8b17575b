"""redirect-changes-method: a documented method is redirected in a way that makes clients send another one.

The table is what clients do when told to follow. Fetch, §4.4 HTTP-redirect fetch; curl's `-L` with `-d` or `-T` (with
`-X` it repeats the method for good); requests `rebuild_method`; httpx `_redirect_method`; Go `redirectBehavior`; Java
`RedirectFilter.redirectedMethod`. All keep GET, and all keep every method on 307 and 308 (RFC 9110 §15.4.8, §15.4.9).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from auditor.differ.catalogue import Found, Rule
from auditor.differ.evidence import controls, detailed, listed, place
from auditor.differ.likely import Cause
from auditor.differ.redirects import Met, by_kind, met, redirect_cause
from auditor.differ.view import View
from auditor.model.finding import Confidence, Fix, RootCause, Severity, Side

_Changes = Callable[[str], bool]


def _post(method: str) -> bool:
    return method == "POST"


def _all_but_head(method: str) -> bool:
    return method not in ("GET", "HEAD")


def _every(method: str) -> bool:
    return method != "GET"


CLIENTS: dict[str, dict[int, _Changes]] = {
    "browsers (fetch)": {301: _post, 302: _post, 303: _all_but_head},
    "curl -L": {301: _post, 302: _post, 303: _all_but_head},
    "requests": {301: _post, 302: _all_but_head, 303: _all_but_head},
    "httpx (follow_redirects=True)": {301: _post, 302: _all_but_head, 303: _all_but_head},
    "Go net/http": {301: _all_but_head, 302: _all_but_head, 303: _all_but_head},
    "Java HttpClient (followRedirects)": {301: _post, 302: _post, 303: _every},
}
"""Client → status → whether it sends GET in place of the method."""


def changed_by(method: str, status: int) -> tuple[str, ...]:
    """The clients that turn `method` into GET on `status`."""
    return tuple(name for name, table in CLIENTS.items() if status in table and table[status](method))


def check(view: View) -> Iterator[Found]:
    for cells in view.cells():
        found = [m for m in map(met, cells) if m and changed_by(m.cell.method, m.redirect.status)]
        if not found:
            continue
        first, cell = found[0], found[0].cell
        occurrences = tuple(m.occurrence for m in found)
        clients = tuple(dict.fromkeys(c for m in found for c in changed_by(cell.method, m.redirect.status)))
        names = listed(dict.fromkeys(m.cell.environment.name for m in found))
        yield Found(
            path=cell.path.template,
            methods=(cell.method,),
            title=f"{cell.name} is redirected in {names}, and {_who(clients)} turn it into GET",
            symptom=f"{cell.name} is redirected in {names}{detailed(occurrences)}. GET is sent there in place of "
                    f"{cell.method} by {listed(clients)}.",
            diagnosis=_diagnosis(first),
            confidence=max((m.confidence for m in found), key=lambda c: c.rank),
            occurrences=occurrences,
            cause=redirect_cause(found),
            root_causes=by_kind(found, *RULE.root_causes),
            severity=_severity(found),
            fixes=(Fix(Side.CONTRACT, "easy", f"{place(cell.path.location)}: document the path as it is served, "
                                              "without the detour."),),
            location=cell.location,
            owner=cell.owner,
        )  # fmt: skip


def _who(clients: tuple[str, ...]) -> str:
    return "clients" if len(clients) == len(CLIENTS) else "some clients"


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
                "for POST, which nearly every client changes, and for 303, which demands it of all.",
    root_causes=(
        Cause(Confidence.HIGH, "The framework adds or removes the slash at the end of a path by a redirect.",
              Side.SERVICE),
        Cause(Confidence.MEDIUM, "A gateway moves callers to https or to another host or prefix with 301 or 302.",
              Side.GATEWAY),
        RootCause(Confidence.LOW, "A login layer redirects what is not signed in."),
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
