"""undocumented-status: a documented safe operation answers with a status that its description does not list."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.differ.catalogue import Found, Rule
from auditor.differ.evidence import cause, names, reasoning
from auditor.differ.likely import Cause, ranked
from auditor.differ.observations import drifting, in_words, only_here
from auditor.differ.view import View
from auditor.model.finding import Confidence, Fix, Severity, Side


def check(view: View) -> Iterator[Found]:
    for found in drifting(view, "status"):
        cells = [d.cell for d in found]
        first = cells[0]
        refused = any(o.seen.startswith("4") for d in found for o in d.observed)
        statuses = ", ".join(dict.fromkeys(o.seen for d in found for o in d.observed))
        yield Found(
            path=first.path.template,
            methods=(first.method,),
            title=f"{first.name} answers {statuses} in {names(cells)}, which is not documented",
            symptom=f"{first.name} answers with a status that the description does not list, {in_words(found)}.",
            diagnosis=f"{reasoning(cells)} {_REFUSED if refused else _SUCCESS}",
            confidence=Confidence.MEDIUM if refused else Confidence.HIGH,
            occurrences=tuple(d.occurrence for d in found),
            cause=cause(RULE.id, (f"{d.cell.environment.name}/{d.key}/{first.name}" for d in found)),
            root_causes=ranked(only_here(view, found, "status"), *(_REFUSALS if refused else RULE.root_causes)),
            location=first.location,
            owner=first.owner,
        )


_SUCCESS = "Neither the status itself, nor its range, nor `default` is among the documented responses."
_REFUSED = (
    "Every required parameter was sent, with a value from the description or the configuration; the curl line repeats "
    "the request."
)
_REFUSALS = (
    Cause(Confidence.HIGH, "A parameter that the handler demands is not documented as required.", Side.CONTRACT),
    Cause(Confidence.MEDIUM, "The documented example or default is a value that the handler does not accept.",
          Side.CONTRACT),
    Cause(Confidence.LOW, "The handler validates its input, and nobody documented what it answers then.",
          Side.CONTRACT),
)  # fmt: skip

RULE = Rule(
    id="undocumented-status",
    title="A safe operation answers with a status that is not documented",
    severity=Severity.WARNING,
    scope="cell",
    source="OpenAPI 3.2 §4.16 (Responses Object)",
    explanation="A safe operation, called as the description says, answers with a 2xx, 400 or 422 that its responses "
                "do not list, so that generated clients take the answer for a failure, or cannot read it.",
    root_causes=(
        Cause(Confidence.HIGH, "The handler was changed (a job is queued now, an empty result became 204) and the "
                               "description was not.", Side.CONTRACT),
        Cause(Confidence.MEDIUM, "The description lists errors only, and the success was forgotten.", Side.CONTRACT),
        Cause(Confidence.LOW, "A middleware or gateway rewrites the status.", Side.GATEWAY),
    ),
    diagnosis="Only statuses that the operation itself decides are looked at: 2xx, and 400 and 422 where everything "
              "required was sent. 401, 403, 404, 405, 406, 410, 429, redirects and 5xx depend on who asks, for which "
              "object and how often, and are no drift of the description.",
    fixes=(
        Fix(Side.CONTRACT, "easy", "Document the status, with its content, if it is what the service should answer."),
        Fix(Side.SERVICE, "easy", "Answer with a documented status, if clients rely on the description."),
    ),
    prevention="Hold the answers of the service's own tests against the description, statuses included.",
    silenced_by=("base-path-wrong", "catch-all"),
    check=check,
)  # fmt: skip
