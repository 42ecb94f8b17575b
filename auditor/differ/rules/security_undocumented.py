"""security-undocumented: a GET for which the description demands no credentials asks for some."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.differ.catalogue import Found, Rule
from auditor.differ.credentials import silent
from auditor.differ.evidence import cause, controls, detailed, names, place, verb
from auditor.differ.likely import Cause, high, low, medium, ranked
from auditor.differ.view import CellView, View
from auditor.model.fact import Access, Reached
from auditor.model.finding import Confidence, Fix, Occurrence, RootCause, Severity, Side


def check(view: View) -> Iterator[Found]:
    for cells in view.cells():
        found = [(c, a) for c in cells for a in [_asks(c)] if a is not None]
        if not found:
            continue
        asking = [c for c, _ in found]
        first, where = asking[0], names(asking)
        occurrences = tuple(_occurrence(c, a) for c, a in found)
        asks = verb(len(asking), "asks", "ask")
        yield Found(
            path=first.path.template,
            methods=(first.method,),
            title=f"{first.name} {asks} for credentials in {where}, which is not documented",
            symptom=f"The description {_says(first)} for {first.name}, but {where} {asks} for them"
                    f"{detailed(occurrences)}.",
            diagnosis=f"{controls(first.environment.found(found[0][1].exchanges))} {_how(found[0][1])}",
            confidence=Confidence.HIGH if all(_proven(a) for _, a in found) else Confidence.MEDIUM,
            severity=Severity.INFO if _half_documented(first) else None,
            occurrences=occurrences,
            cause=_cause(found),
            root_causes=_root_causes(found, view.everywhere(first)),
            fixes=(Fix(Side.CONTRACT, "easy", f"{place(first.location)}: add `security` with "
                                              f"{_scheme(found[0][1])}."),),
            location=first.location,
            owner=first.owner,
        )  # fmt: skip


def _asks(cell: CellView) -> Access | None:
    """How it asks, where nobody documented that. One wall in front of everything is told by auth-hides-methods."""
    access, facts = cell.path.facts.access, cell.environment.facts
    if access is None or access.method != cell.method or access.reached is not Reached.REFUSED:
        return None
    if cell.operation is None or cell.operation.secured or facts.base_path_wrong or facts.redirects_to is not None:
        return None
    if access.given is None:
        return access if access.status == 401 and not access.wall and not facts.auth_wall else None
    return access if access.status == 401 or _proven(access) else None


def _proven(access: Access) -> bool:
    """Credentials make the difference; a 403 alone may be about the network that the caller is in."""
    return access.given is not None and 200 <= access.given < 300


def _occurrence(cell: CellView, access: Access) -> Occurrence:
    detail = f"{access.status} without credentials"
    if access.given is not None:
        detail += f", {access.given} with those given"
    return Occurrence(cell.environment.name, cell.method, access.exchanges, detail)


def _half_documented(cell: CellView) -> bool:
    """The refusal is among its responses: readers are warned, generated clients are not."""
    return cell.operation is not None and bool({"401", "403", "4XX"} & set(cell.operation.statuses))


def _says(cell: CellView) -> str:
    if silent(cell.path):
        return "says nothing of credentials, neither in general nor"
    return "says that no credentials are needed"


def _how(access: Access) -> str:
    if access.given is None:
        return "No credentials were given, and an unknown path is answered in another way: the path itself asks."
    if access.wall:
        return "An unknown path is refused to callers without credentials, too: something in front asks for them."
    return "The first request carried no credentials."


def _scheme(access: Access) -> str:
    asked = access.asks_for
    return f"the scheme that it asks for ({asked[:40]}), or a root `security`" if asked else "what it asks for"


def _cause(found: list[tuple[CellView, Access]]) -> str:
    """One where something in front asks for credentials everywhere, or the whole description is silent about them."""
    here = cause(RULE.id, (c.environment.name for c, _ in found))
    first = found[0][0]
    if all(a.wall for _, a in found):
        return f"{here}:wall"
    return here if silent(first.path) else f"{here}:{first.name}"


def _root_causes(found: list[tuple[CellView, Access]], everywhere: tuple[CellView, ...]) -> tuple[RootCause, ...]:
    """A wall is a gateway's; where another environment asks nobody, it is a setting of this one."""
    forgotten, front, meant = RULE.root_causes
    asking = [c for c, _ in found]
    open_ = [c for c in everywhere if c not in asking and c.supported and c.path.facts.access is not None
             and c.path.facts.access.reached is not Reached.REFUSED]  # fmt: skip
    if open_:
        text = f"A gateway or a setting of {names(asking)} asks for credentials where {names(open_)} does not."
        return ranked(high(text, Side.GATEWAY), medium(forgotten.text, Side.CONTRACT), low(meant.text, Side.SERVICE))
    if all(a.wall for _, a in found):
        return ranked(high(front.text, Side.GATEWAY), medium(forgotten.text, Side.CONTRACT),
                      low(meant.text, Side.SERVICE))  # fmt: skip
    return ()


RULE = Rule(
    id="security-undocumented",
    title="Credentials are asked for, which is not documented",
    severity=Severity.WARNING,
    scope="cell",
    source="OpenAPI 3.2 §4.30 (Security Requirement Object); RFC 9110 §15.5.2",
    explanation="The environment asks for credentials for a GET that needs none by its description, so clients "
                "generated from it send none and fail. It is an info where 401 or 403 is among the responses.",
    root_causes=(
        Cause(Confidence.HIGH, "The description leaves `security` out: whoever wrote or generated it did not see the "
                               "middleware.", Side.CONTRACT),
        Cause(Confidence.MEDIUM, "A gateway in front of the service asks for credentials, which its description cannot "
                                 "know.", Side.GATEWAY),
        Cause(Confidence.LOW, "The operation is meant to be public, and a guard for all routes takes it in.",
              Side.SERVICE),
    ),
    diagnosis="The same GET is sent with the credentials given and without; where none are given, a 401 must be unlike "
              "the answer to an unknown path. Of a description that says nothing of credentials, three paths are "
              "asked without.",
    fixes=(
        Fix(Side.GATEWAY, "medium", "Leave the path out of what the gateway guards, if it is meant to be public."),
        Fix(Side.SERVICE, "easy", "Take the guard off the route, if it is meant to be public."),
    ),
    prevention="Generate `security` from the guards of the routes, or test each public operation without credentials.",
    silenced_by=("base-path-wrong",),
    check=check,
)  # fmt: skip
