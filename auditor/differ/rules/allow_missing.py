"""allow-missing: a 405 that does not say what is allowed."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.differ.boundary import right_behind
from auditor.differ.catalogue import Found, Rule
from auditor.differ.evidence import cause, controls, listed, verb
from auditor.differ.likely import Cause, foreign, high, medium
from auditor.differ.view import PathView, View
from auditor.model.fact import Refusal
from auditor.model.finding import Confidence, Fix, Occurrence, RootCause, Severity, Side
from auditor.model.methods import CONTROLS


def check(view: View) -> Iterator[Found]:
    for places in view.paths():
        bare = [p for p in places if p.items and _bare(p)]
        if not bare:
            continue
        first = bare[0]
        methods = tuple(dict.fromkeys(r.method for p in bare for r in _bare(p)))
        occurrences = tuple(_occurrence(p) for p in bare)
        names = listed(o.environment for o in occurrences)
        yield Found(
            path=first.template,
            methods=methods,
            title=f"405 on {first.template} comes without Allow in {names}",
            symptom=f"{listed(methods)} {first.template} {verb(len(methods), 'is', 'are')} refused in {names} with 405 "
                    "and without Allow, so callers cannot learn what the path supports.",
            diagnosis=f"{controls(first.environment.found(occurrences[0].exchanges))} The field is missing, not empty; "
                      f"an empty Allow would be legal.{_note(methods)}",
            confidence=Confidence.HIGH,
            occurrences=occurrences,
            cause=cause(RULE.id, (o.environment for o in occurrences)),
            root_causes=_root_causes(bare, view),
            fixes=_fixes(first, _dropped(first, view)),
            location=first.location,
            owner=first.owner,
            alone=all(_dropped(p, view) for p in bare),
        )  # fmt: skip


def _bare(path: PathView) -> list[Refusal]:
    return [r for r in path.facts.refusals if r.status == 405 and r.allow is None]


def _occurrence(path: PathView) -> Occurrence:
    refusals = _bare(path)
    exchanges = tuple(dict.fromkeys(r.exchange for r in refusals))
    return Occurrence(path.environment.name, "", exchanges, "405 without Allow")


def _dropped(path: PathView, view: View) -> tuple[PathView, Refusal] | None:
    """The layer right behind that refuses the same method here with an Allow: it is lost in between.

    Where the refusal is another text than the layer's, it is the gateway's own, which never had the field.
    """
    for own in _bare(path):
        said = _text(path, own)
        for inner in right_behind(view, path):
            kept = (r for r in inner.facts.refusals if r.method == own.method and r.status == 405 and r.allow)
            found = next((r for r in kept if said is None or _text(inner, r) in (None, said)), None)
            if found is not None:
                return inner, found
    return None


def _text(path: PathView, refusal: Refusal) -> str | None:
    """The digest of what the refusal says; None where it was not kept."""
    found = path.environment.found([refusal.exchange])
    return next((e.answer.body.masked for e in found if e.answer is not None), None)


def _root_causes(bare: list[PathView], view: View) -> tuple[RootCause, ...]:
    """A gateway comes first where the layer behind sends the field, or the 405 is unlike the service's own answers."""
    dropped = next(filter(None, (_dropped(p, view) for p in bare)), None)
    if dropped is not None:
        inner, refusal = dropped
        text = (f"What stands in front of {inner.environment.name} drops the field, or refuses the method itself: "
                f"asked directly, {inner.environment.name} answers {refusal.method} with 405 and Allow.")  # fmt: skip
        return (high(text, Side.GATEWAY),)
    exchanges = ((p.environment, e) for p in bare for e in p.environment.found(r.exchange for r in _bare(p)))
    unlike = next(filter(None, (foreign(place, e.answer) for place, e in exchanges if e.answer)), "")
    if not unlike:
        return ()
    handler, _, by_hand = RULE.root_causes
    text = f"A gateway refuses the method itself and cannot know what the service allows: {unlike}."
    return high(text, Side.GATEWAY), medium(handler.text, Side.SERVICE), by_hand


def _note(methods: tuple[str, ...]) -> str:
    control = next((m for m in methods if m in CONTROLS), None)
    return f" {control} stands for any method that is not supported." if control else ""


def _fixes(path: PathView, dropped: tuple[PathView, Refusal] | None) -> tuple[Fix, ...]:
    """The list to send, where all of it is known; and nothing for the service to do where it sends the list."""
    if dropped is not None:
        return (Fix(Side.GATEWAY, "easy", "Take the rule away that drops Allow from answers (nginx: proxy_hide_header "
                                          "Allow; HAProxy: http-response del-header Allow; Apache: Header unset "
                                          "Allow), or let the method pass."),)  # fmt: skip
    if not path.cells or not all(c.decided for c in path.cells.values()):
        return ()
    supported = ", ".join(m for m, c in path.cells.items() if c.supported)
    return (Fix(Side.SERVICE, "easy", f"Send `Allow: {supported}` with this 405."),) if supported else ()


RULE = Rule(
    id="allow-missing",
    title="A 405 comes without Allow",
    severity=Severity.WARNING,
    scope="path",
    source="RFC 9110 §15.5.6, §10.2.1",
    explanation="An answer 405 must name the methods that the target resource supports in an Allow field. Without it "
                "neither callers nor this audit learn what the path supports, short of trying.",
    root_causes=(
        Cause(Confidence.HIGH, "An error handler of the framework or the application writes the answer anew and "
                               "drops the field.", Side.SERVICE),
        Cause(Confidence.MEDIUM, "A gateway refuses the method itself and cannot know what the service allows.",
              Side.GATEWAY),
        Cause(Confidence.LOW, "The handler compares methods by hand.", Side.SERVICE),
    ),
    diagnosis="The 405 is read as it came: a missing field counts, an empty one does not.",
    fixes=(
        Fix(Side.SERVICE, "easy", "Let the router answer 405, or copy its Allow field in the error handler."),
        Fix(Side.GATEWAY, "medium", "Pass the method on to the service, or send the list that the route permits."),
    ),
    prevention="Test one wrong method on one path for 405 with Allow; the router answers for the rest.",
    silenced_by=("base-path-wrong", "path-missing"),
    check=check,
)  # fmt: skip
