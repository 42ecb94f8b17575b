"""security-not-enforced: a documented GET demands credentials, and is answered without any."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.differ.catalogue import Found, Rule
from auditor.differ.credentials import alternatives, believable, cannot_tell, demanded, openly
from auditor.differ.evidence import cause, controls, detailed, names, verb
from auditor.differ.likely import Cause, high, low, medium, ranked
from auditor.differ.view import CellView, View
from auditor.model.fact import Access, Reached
from auditor.model.finding import Confidence, Fix, Occurrence, RootCause, Severity, Side

_DETAIL = {
    Reached.SAME: "{status} without credentials, with the same content as with them",
    Reached.ALIKE: "{status} without credentials, in the same shape as with them",
    Reached.SERVED: "{status} without credentials",
    Reached.CACHED: "{status} without credentials, out of a cache",
}


def check(view: View) -> Iterator[Found]:
    for cells in view.cells():
        found = [(c, a) for c in cells for a in [_open(c)] if a is not None]
        if not found:
            continue
        open_ = [c for c, _ in found]
        first, cached = open_[0], all(a.reached is Reached.CACHED for _, a in found)
        occurrences = tuple(_occurrence(c, a) for c, a in found)
        where = names(open_)
        who = f"a cache in {where}" if cached else where
        answers = verb(1 if cached else len(open_), "answers", "answer")
        sure = all(a.reached is Reached.SAME for _, a in found)
        yield Found(
            path=first.path.template,
            methods=(first.method,),
            title=f"{first.name} demands credentials, but {who} {answers} anybody",
            symptom=f"The description demands {alternatives(first)} for {first.name}, but {who} {answers} without it"
                    f"{detailed(occurrences)}.",
            diagnosis=f"{controls(first.environment.found(found[0][1].exchanges))} {_how(found[0][1])}",
            confidence=Confidence.HIGH if sure else Confidence.MEDIUM,
            severity=Severity.WARNING if cached else None,
            occurrences=occurrences,
            cause=_cause(open_, cached),
            root_causes=_CACHED if cached else _root_causes(open_, view.everywhere(first)),
            fixes=(_PRIVATE,) if cached else (),
            location=first.location,
            owner=first.owner,
        )  # fmt: skip


def _open(cell: CellView) -> Access | None:
    """How the cell is open to everybody, where that may be said."""
    access = cell.path.facts.access
    if access is None or access.method != cell.method or not believable(cell) or cannot_tell(cell):
        return None
    return access if demanded(cell) and openly(access) else None


def _occurrence(cell: CellView, access: Access) -> Occurrence:
    detail = _DETAIL[access.reached].format(status=access.status)
    return Occurrence(cell.environment.name, cell.method, access.exchanges, detail)


def _how(access: Access) -> str:
    if access.reached is Reached.CACHED:
        return "The cache says so itself, in Age, X-Cache or Cache-Status; what the service would answer is not known."
    if access.given is None:
        return "No credentials were given, so every request was anonymous; the same request with some would settle it."
    return "The first request carried no credentials; pages for everybody and log-in forms are told apart."


def _cause(open_: list[CellView], cached: bool) -> str:
    """One for a whole deployment that asks nobody, and for all that a cache gives away; else the operation's own."""
    here = cause(RULE.id, (c.environment.name for c in open_))
    if cached:
        return f"{here}:cache"
    return here if all(_asks_nobody(c) for c in open_) else f"{here}:{open_[0].name}"


def _asks_nobody(cell: CellView) -> bool:
    """Whether several paths of the environment demand credentials and are open, and none is refused."""
    paths = (p.cells[cell.method] for p in cell.environment.paths.values() if cell.method in p.cells)
    known = [a for c in paths if demanded(c) for a in [c.path.facts.access] if a is not None]
    return sum(map(openly, known)) > 1 and all(a.reached is not Reached.REFUSED for a in known)


def _root_causes(open_: list[CellView], everywhere: tuple[CellView, ...]) -> tuple[RootCause, ...]:
    """What other paths and other environments ask for tells a forgotten guard from one that is switched off."""
    guard, off, public = RULE.root_causes
    where = names(open_)
    if all(_asks_nobody(c) for c in open_):
        return ranked(
            high(f"Authentication is switched off in {where}, or the gateway that asks for credentials is not in front "
                 "of this address: no path that demands them asks for any.", Side.SERVICE),
            medium(public.text, Side.CONTRACT), low(guard.text, Side.SERVICE),
        )  # fmt: skip
    refusing = [c for c in everywhere if c not in open_ and c.path.facts.access is not None
                and c.path.facts.access.reached is Reached.REFUSED]  # fmt: skip
    if refusing:
        asks = f"{names(refusing)} {verb(len(refusing), 'asks', 'ask')} for credentials on the same path"
        other = high(f"The build or the settings of {where} differ from those of {names(refusing)}: {asks}.",
                     Side.SERVICE)  # fmt: skip
        return ranked(other, medium(guard.text, Side.SERVICE), low(public.text, Side.CONTRACT))
    return guard, medium(public.text, Side.CONTRACT), low(off.text, Side.SERVICE)


_CACHED = (
    high("A cache stored an answer to a request with credentials and gives it to callers without any, which "
         "RFC 9111 §3.5 forbids unless the service allows it.", Side.GATEWAY),
    medium("The service itself asks for no credentials, and the cache only keeps what everybody gets.", Side.SERVICE),
)  # fmt: skip
_PRIVATE = Fix(
    Side.GATEWAY, "easy", "Store no answers to requests with credentials; let the service say Cache-Control: private."
)


RULE = Rule(
    id="security-not-enforced",
    title="Documented credentials are not asked for",
    severity=Severity.ERROR,
    scope="cell",
    source="OpenAPI 3.2 §4.30 (Security Requirement Object); RFC 9110 §11.1, §15.5.2",
    explanation="The description demands credentials for a GET, and the environment answers it with success to a "
                "request that carries none. What it shows is open to everybody who can reach the address.",
    root_causes=(
        Cause(Confidence.HIGH, "The route lacks the guard that its neighbours have: a dependency, a middleware, a "
                               "permission class, an annotation.", Side.SERVICE),
        Cause(Confidence.MEDIUM, "Authentication is switched off in this environment, or the gateway that asks for "
                                 "credentials is passed by.", Side.SERVICE),
        Cause(Confidence.LOW, "The operation is meant to be public, and inherits a requirement that is written for the "
                              "whole description.", Side.CONTRACT),
    ),
    diagnosis="The same GET is sent with the credentials given and without. Its content must be the same, or JSON of a "
              "shape that no other path has; HTML, log-in forms, outcomes said with 200 and what an unknown path "
              "answers do not count. With a client certificate no request is anonymous, and the rule is silent.",
    fixes=(
        Fix(Side.SERVICE, "easy", "Put the guard on the route, or on all routes with exceptions by name."),
        Fix(Side.GATEWAY, "medium", "Close the way past the gateway that asks for credentials, if there is one."),
        Fix(Side.CONTRACT, "easy", "Give the operation `security: []`, if it is meant to be public."),
    ),
    prevention="Test every route once without credentials for 401, from the description's own list of operations.",
    silenced_by=("base-path-wrong",),
    check=check,
)  # fmt: skip
