"""catch-all: unknown paths are answered like known ones."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.differ.catalogue import Found, Rule
from auditor.differ.evidence import cause, controls, counted, details, listed, of_environment, verb
from auditor.differ.likely import Cause, high, low
from auditor.differ.view import EnvironmentView, View
from auditor.model.finding import Confidence, Fix, RootCause, Severity, Side


def check(view: View) -> Iterator[Found]:
    caught = [e for e in view.environments if e.facts.catch_all]
    if not caught:
        return
    occurrences = tuple(of_environment(e, _detail(e)) for e in caught)
    names = listed(e.name for e in caught)
    yield Found(
        title=f"{names} {verb(len(caught), 'answers', 'answer')} unknown paths like known ones",
        symptom=f"A path that cannot exist is answered in {names} as if it did ({details(occurrences)}).",
        diagnosis=" ".join(filter(None, (
            controls(caught[0].found(caught[0].facts.exchanges)),
            "An audit of the service itself, behind the host that falls back, would settle what is undetermined.",
        ))),
        confidence=Confidence.HIGH,
        occurrences=occurrences,
        cause=cause(RULE.id, (e.name for e in caught)),
        root_causes=_root_causes(caught),
    )  # fmt: skip


def _root_causes(caught: list[EnvironmentView]) -> tuple[RootCause, ...]:
    """An index page is HTML; where the answer is something else, a stub is likelier."""
    answers = [e.answer for c in caught for e in c.found(c.facts.exchanges) if e.answer]
    kinds = {a.body.media_type for a in answers if 200 <= a.status < 300} - {""}
    if not kinds or any("html" in k for k in kinds):
        return ()
    page, stub, parked = RULE.root_causes
    kind = listed(sorted(kinds))
    stubbed = high(f"{stub.text.rstrip('.')}: unknown paths are answered with {kind}.", Side.CLIENT)
    return stubbed, low(parked.text, Side.GATEWAY), low(page.text, Side.GATEWAY)


def _detail(environment: EnvironmentView) -> str:
    controls_ = environment.found(environment.facts.exchanges)
    status = next((e.status for e in controls_ if e.status), None)
    open_ = sum(not c.decided for p in environment.paths.values() for c in p.documented)
    answer = f"{status} for an unknown path" if status else "an unknown path is answered"
    return f"{answer}, {counted(open_, 'documented operation')} undetermined"


RULE = Rule(
    id="catch-all",
    title="Unknown paths are answered like known ones",
    severity=Severity.WARNING,
    scope="environment",
    source="RFC 9110 §15.5.5",
    explanation="A path that cannot exist is answered with success, so no answer here shows that a path or method "
                "exists. What cannot be told apart from the fallback stays undetermined.",
    root_causes=(
        Cause(Confidence.HIGH, "The host serves a single-page application: each unknown path gets its index page.",
              Side.GATEWAY),
        Cause(Confidence.MEDIUM, "A mock server or a stub with a default answer stands in for the service.",
              Side.CLIENT),
        Cause(Confidence.LOW, "A maintenance or parking page answers everything.", Side.GATEWAY),
    ),
    diagnosis="Paths with made-up names are asked with GET, and at least one of them is answered with success.",
    fixes=(
        Fix(Side.GATEWAY, "easy", "Limit the fallback to paths outside the API's prefix."),
        Fix(Side.CLIENT, "easy", "Audit the address of the service itself."),
    ),
    prevention="Test that an unknown path under the API's prefix answers 404.",
    check=check,
)  # fmt: skip
