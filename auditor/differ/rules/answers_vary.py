"""answers-vary: the same request is answered now in one way, now in another."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.differ.catalogue import Found, Rule
from auditor.differ.evidence import cause, counted, listed, names, verb
from auditor.differ.likely import Cause, high, low, medium
from auditor.differ.view import PathView, View
from auditor.model.fact import Varying
from auditor.model.finding import Confidence, Fix, Occurrence, RootCause, Severity, Side


def check(view: View) -> Iterator[Found]:
    for places in view.paths():
        found = [p for p in places if p.facts.varying]
        if not found:
            continue
        first, where = found[0], names(found)
        methods = tuple(dict.fromkeys(v.method for p in found for v in p.facts.varying))
        occurrences = tuple(_occurrence(p) for p in found)
        yield Found(
            path=first.template,
            methods=methods,
            title=f"{listed(methods)} {first.template} in {where}: answers vary from one request to the next",
            symptom="; ".join(f"{p.environment.name}: {v.method} {first.template} was answered {_shares(v)}"
                              for p in found for v in p.facts.varying)
                    + ". Which of these a caller gets is a matter of chance.",
            diagnosis=_diagnosis(found),
            confidence=max((_confidence(p) for p in found), key=lambda c: c.rank),
            occurrences=occurrences,
            cause=cause(RULE.id, (o.environment for o in occurrences)),
            root_causes=_root_causes(found),
            location=first.location,
            owner=first.owner,
        )  # fmt: skip


def _shares(varying: Varying) -> str:
    """`405 (Allow: GET) in 4 of 9, 200 in 5 of 9`."""
    weighed = ", ".join(f"{s.answer} in {s.count} of {varying.asked}" for s in varying.shares)
    return f"{weighed} ({listed(varying.noise)} besides)" if varying.noise else weighed


def _occurrence(path: PathView) -> Occurrence:
    varying = path.facts.varying
    exchanges = tuple(dict.fromkeys(i for v in varying for s in v.shares for i in s.exchanges))
    return Occurrence(path.environment.name, "", exchanges, "; ".join(f"{v.method}: {_shares(v)}" for v in varying))


def _company(path: PathView) -> int:
    """How many paths of this environment vary."""
    return sum(bool(p.facts.varying) for p in path.environment.paths.values())


def _confidence(path: PathView) -> Confidence:
    """One odd answer on one path may be a slip; a build's name on each side, or several paths together, is none."""
    varying = path.facts.varying
    told = any(s.marks for v in varying for s in v.shares) or _company(path) > 1
    repeated = any(min(s.count for s in v.shares) > 1 and not v.turned for v in varying)
    if told and repeated:
        return Confidence.HIGH
    return Confidence.MEDIUM if told or repeated else Confidence.LOW


def _diagnosis(found: list[PathView]) -> str:
    parts = ["Each of these requests was the same, and had a connection of its own."]
    for path in found:
        marks = [f"{s.answer} with {listed(s.marks)}" for v in path.facts.varying for s in v.shares if s.marks]
        if marks:
            parts.append(f"In {path.environment.name}, what tells them apart: {'; '.join(dict.fromkeys(marks))}.")
        others = _company(path) - 1
        if others:
            parts.append(
                f"In {path.environment.name} {counted(others, 'other path')} {verb(others, 'varies', 'vary')}, too."
            )
    return " ".join([*parts, "What the other answer would turn round is not judged; ask the instances one by one."])


def _root_causes(found: list[PathView]) -> tuple[RootCause, ...]:
    """By what tells the answers apart, by how they lie in time, and by how many paths vary together."""
    rollout, pool, chance = RULE.root_causes
    varying = [v for p in found for v in p.facts.varying]
    marks = [m for v in varying for s in v.shares for m in s.marks]
    if all(v.turned for v in varying):
        changed = high("The deployment changed while it was audited: the answers turned once, and for good.",
                       Side.SERVICE)  # fmt: skip
        return changed, medium(pool.text, Side.GATEWAY)
    if marks:
        told = high(f"Instances of different builds or settings answer: {listed(dict.fromkeys(marks))}.", Side.SERVICE)
        return told, medium(pool.text, Side.GATEWAY)
    if all(_company(p) > 1 for p in found):
        return rollout, medium(pool.text, Side.GATEWAY), low(chance.text, Side.SERVICE)
    return medium(rollout.text, Side.SERVICE), medium(pool.text, Side.GATEWAY), low(chance.text, Side.SERVICE)


RULE = Rule(
    id="answers-vary",
    title="The same request is answered in different ways",
    severity=Severity.WARNING,
    scope="path",
    source="RFC 9110 §15; §9.1",
    explanation="The probe that a verdict rests on was sent again, and answered with another status or another Allow. "
                "Instances behind a balancer differ, or a rollout is under way: callers meet the one or the other.",
    root_causes=(
        Cause(Confidence.HIGH, "A rollout is under way or stuck: instances of two builds answer.", Side.SERVICE),
        Cause(Confidence.MEDIUM, "The balancer's pool holds an instance that does not belong to it: an old one, or one "
                                 "of another environment.", Side.GATEWAY),
        Cause(Confidence.LOW, "The service itself decides by chance, as a flag for a share of the requests does.",
              Side.SERVICE),
    ),
    diagnosis="The same safe request is repeated on connections of its own, spread over the audit, and more often "
              "where its answers differ. Only status and Allow are compared; 429, 5xx other than 501, broken "
              "connections and answers of caches count for nothing.",
    fixes=(
        Fix(Side.SERVICE, "easy", "Finish the rollout, or roll it back, then audit again."),
        Fix(Side.GATEWAY, "easy", "Take the instance that differs out of the balancer's pool."),
    ),
    prevention="Audit when a rollout has ended, and let every answer name its build (`build: {header: …}`).",
    silenced_by=("base-path-wrong", "environment-redirects"),
    check=check,
)  # fmt: skip
