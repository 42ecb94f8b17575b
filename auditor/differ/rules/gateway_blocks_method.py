"""gateway-blocks-method: something in front refuses what the layer behind supports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from auditor.differ.boundary import Boundary, Signed, barred, behind_agree, boundary, signed
from auditor.differ.catalogue import Found, Rule
from auditor.differ.evidence import cause, confidence, listed, occurrence, place, reasoning, seen
from auditor.differ.likely import Cause, high, low, medium, ranked, refusals
from auditor.differ.responders import writer
from auditor.differ.view import CellView, View
from auditor.model.finding import Confidence, Fix, Occurrence, RootCause, Severity, Side


def check(view: View) -> Iterator[Found]:
    for cells in view.cells():
        refused = [c for c in cells if c.documented and c.unsupported]
        asked = refused + [c for c in cells if c.documented and barred(c)]
        shown = [(c, b) for c in asked if (b := boundary(view, c)) is not None]
        if shown:
            # What only an error page suggests elsewhere is left to documented-method-missing: one finding, one proof.
            yield _proven(shown)
            continue
        rest = (c for c in refused if not behind_agree(view, c))
        marked = [(c, s) for c in rest if (s := signed(c)) is not None]
        if marked:
            yield _marked(marked)


def _proven(shown: list[tuple[CellView, Boundary]]) -> Found:
    cell, found = shown[0]
    gateway = found.outer.name if found.outer is not cell.environment else f"The gateway of {found.outer.name}"
    what = f"does not pass {cell.path.template} on" if found.whole_path else f"refuses {cell.name}"
    serves = "supports it" if found.cell.supported else "serves the path"
    occurrences = tuple(_occurrence(c, b) for c, b in shown)
    said = "; ".join(f"{o.environment}: {o.detail}" for o in occurrences)
    # What refuses in one way at one boundary is one rule of the gateway, whatever it refuses.
    lost = cell.path.key if found.whole_path else str(cell.status or "Allow")
    return Found(
        path=cell.path.template,
        methods=(cell.method,),
        title=f"{gateway} {what}; {found.inner.name}, behind it, {serves}",
        symptom=f"{cell.name} is documented. {said}.",
        diagnosis=" ".join(filter(None, (reasoning([c]) for c in (cell, found.cell)))),
        confidence=_sure(shown),
        occurrences=occurrences,
        cause=cause(RULE.id, (f"{b.outer.name}>{b.inner.name}" for _, b in shown)) + f":{lost}",
        root_causes=_causes(cell, found),
        fixes=(_contract_fix(cell),),
        location=cell.location,
        owner=cell.owner,
    )  # fmt: skip


def _sure(shown: list[tuple[CellView, Boundary]]) -> Confidence:
    cells = [x for pair in shown for x in (pair[0], pair[1].cell)]
    return confidence(cells) if all(c.decided for c in cells) else Confidence.MEDIUM


def _occurrence(cell: CellView, found: Boundary) -> Occurrence:
    at_edge = occurrence(cell)
    if barred(cell):
        at_edge = replace(at_edge, detail=" and ".join(dict.fromkeys(
            f"{a.status}, an error page of {by.name}," for _, a in refusals([cell]) if (by := writer(a)) is not None
        )))  # fmt: skip
    inner = seen(found.cell) if found.cell.decided else "other methods of the path are served"
    detail = f"{at_edge.detail} at the edge; {inner} at {found.inner.name}"
    if found.others:
        detail += f", but not at {listed(e.name for e in found.others)}"
    return Occurrence(at_edge.environment, at_edge.method, (*at_edge.exchanges, *found.cell.cell.exchanges), detail)


def _causes(cell: CellView, found: Boundary) -> tuple[RootCause, ...]:
    mark = signed(cell)
    who = f"{mark.by.name}, whose error page this is," if mark else f"What answers for {found.outer.name}"
    if found.whole_path:
        first = f"{who} has no route for {cell.path.template}: its list of paths is older than the description."
        return ranked(high(first, Side.GATEWAY), low(_OTHER, Side.SERVICE))
    policy = f"{who} lets only some methods pass, and {cell.method} is not among them."
    auth = "An authentication or firewall rule there refuses this method for these credentials."
    return ranked(high(policy, Side.GATEWAY), medium(auth, Side.GATEWAY) if cell.status in (401, 403) else None,
                  low(_OTHER, Side.SERVICE))  # fmt: skip


_OTHER = "What stands behind the edge is another build than the one that was asked directly."


def _marked(marked: list[tuple[CellView, Signed]]) -> Found:
    cell, sign = marked[0]
    where = listed(c.environment.name for c, _ in marked)
    who = sign.by.name
    occurrences = tuple(_paged(occurrence(c), who) for c, _ in marked)
    own = f"The service itself was not asked: list it under environments as a layer, behind: {cell.environment.name}."
    return Found(
        path=cell.path.template,
        methods=(cell.method,),
        title=f"{cell.name} is refused in {where} by {who}, as its error page shows",
        symptom=f"{cell.name} is documented, but {where} answers {occurrences[0].detail}.",
        diagnosis=f"{reasoning([c for c, _ in marked])} {sign.unlike[0].upper()}{sign.unlike[1:]}. {own}",
        confidence=Confidence.LOW,
        occurrences=occurrences,
        cause=cause(RULE.id, (c.environment.name for c, _ in marked)) + f":{sign.by.id}:{cell.status}",
        root_causes=ranked(
            high(f"{who} in front of the service refuses {cell.method}: {sign.unlike}.", Side.GATEWAY),
            medium(f"{who} serves this path itself, without a service behind it.", Side.GATEWAY)
            if sign.by.services else None,
            low("The service has no such method either; nobody asked it directly.", Side.SERVICE),
        ),
        fixes=(_contract_fix(cell),),
        location=cell.location,
        owner=cell.owner,
    )  # fmt: skip


def _paged(occurrence: Occurrence, who: str) -> Occurrence:
    return replace(occurrence, detail=f"{occurrence.detail}, an error page of {who}")


def _contract_fix(cell: CellView) -> Fix:
    text = f"{place(cell.location)}: take the operation out, if callers from outside are not to have it."
    return Fix(Side.CONTRACT, "easy", text)


RULE = Rule(
    id="gateway-blocks-method",
    title="Something in front of the service refuses the method",
    severity=Severity.ERROR,
    scope="cell",
    source="RFC 9110 §3.7, §15.5.6; OpenAPI Path Item Object",
    explanation="The description lists an operation, and the service behind the gateway supports it, but callers at "
                "the edge are refused. Without a layer to ask, the gateway's own error page says so, at low "
                "confidence.",
    root_causes=(
        Cause(Confidence.HIGH, "The gateway or firewall lets only some methods or paths pass.", Side.GATEWAY),
        Cause(Confidence.LOW, "What stands behind the edge is another build than the one that was asked directly.",
              Side.SERVICE),
    ),
    diagnosis="The same probes were sent to the edge and to the layer behind it, each with its own controls; the first "
              "neighbours that disagree are the boundary. Without layers, the refusal is compared with error pages "
              "that gateways are known by, and with the service's own answers.",
    fixes=(
        Fix(Side.GATEWAY, "easy", "Let the method pass for this path: add it to the allowed methods of the route, or "
                                  "to the firewall's rule, and reload."),
        Fix(Side.GATEWAY, "medium", "Generate the gateway's list of methods from the description, so that the two "
                                    "cannot part again."),
    ),
    prevention="Audit the edge and the layer behind it together before each promotion, and keep the gateway's list of "
               "methods in the same repository as the description.",
    silenced_by=("base-path-wrong",),
    check=check,
)  # fmt: skip
