"""response-mismatch: media type or body of a documented safe operation are not what its description says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.differ.catalogue import Found, Rule
from auditor.differ.evidence import cause, names, reasoning
from auditor.differ.likely import Cause, ranked
from auditor.differ.observations import Drifting, drifting, in_words, only_here
from auditor.differ.view import View
from auditor.model.finding import Confidence, Fix, Severity, Side


def check(view: View) -> Iterator[Found]:
    for found in drifting(view, "media-type", "body"):
        cells = [d.cell for d in found]
        first = cells[0]
        kinds = {o.kind for d in found for o in d.observed}
        media, what = kinds == {"media-type"}, _WHAT.get(min(kinds) if len(kinds) == 1 else "", _OTHER)
        yield Found(
            path=first.path.template,
            methods=(first.method,),
            title=f"{first.name} answers with {what} in {names(cells)}",
            symptom=f"{first.name} answers with {what}, {in_words(found)}.",
            diagnosis=f"{reasoning(cells)} {_meaning(found)}".strip(),
            confidence=_confidence(found),
            occurrences=tuple(d.occurrence for d in found),
            cause=_cause(first.name, found, media),
            root_causes=ranked(only_here(view, found, "media-type", "body"), *(_MEDIA if media else RULE.root_causes)),
            fixes=_fixes(found),
            alone=bool(_fixes(found)),
            location=first.location,
            owner=first.owner,
        )


_OTHER = "other content than documented"
_WHAT = {"media-type": "another media type than documented", "body": "a body that its schema does not allow"}


def _fixes(found: Sequence[Drifting]) -> tuple[Fix, ...]:
    """Both sides in the terms of what was seen; none where only a look at the schema tells."""
    seen = list(dict.fromkeys(o for d in found for o in d.observed))
    described, sent = [o.as_described for o in seen], [o.as_sent for o in seen]
    if not all(described) or len(seen) > MAX_NAMED:
        return ()
    service = f"Send {' and '.join(dict.fromkeys(described))}, as the description says."
    contract = " and ".join(dict.fromkeys(sent))
    return (
        Fix(Side.SERVICE, "medium", service),
        Fix(Side.CONTRACT, "easy", f"{contract[:1].upper()}{contract[1:]}, if that is what clients get on purpose."),
    )


MAX_NAMED = 3


def _cause(name: str, found: Sequence[Drifting], media: bool) -> str:
    """One media type in place of another, on however many paths, has one cause; a body is its operation's own."""
    where = [f"{d.cell.environment.name}/{d.key}" for d in found]
    return cause(RULE.id, where if media else [*where, name])


def _confidence(found: Sequence[Drifting]) -> Confidence:
    """A media type may depend on Accept, and a format is enforced by some clients only."""
    sure = all(o.kind == "body" and not set(o.against) <= _SOFT for d in found for o in d.observed)
    return Confidence.HIGH if sure else Confidence.MEDIUM


_SOFT = frozenset({"format", "pattern", "anyOf", "oneOf", "not", "writeOnly"})

_WORDS = {
    "type": "a JSON value of another type, null included",
    "required": "a required property is missing",
    "additionalProperties": "a property that the schema rules out",
    "unevaluatedProperties": "a property that the schema rules out",
    "enum": "a value that is not in the list", "const": "another value than the only one allowed",
    "format": "text, or a number, that does not have the stated format", "pattern": "text that does not match",
    "anyOf": "none of the alternatives fits", "oneOf": "none of the alternatives fits", "json": "not a JSON text",
    "writeOnly": "a property that is only meant to be written",
}  # fmt: skip


def _meaning(found: Sequence[Drifting]) -> str:
    keywords = dict.fromkeys(k for d in found for o in d.observed if o.kind == "body" for k in o.against)
    if not keywords:
        return "The request said Accept: */*, and the answer does not say (Vary) that another Accept would change it."
    words = "; ".join(f"{k}: {_WORDS[k]}" for k in keywords if k in _WORDS)
    place = "The place in the body is a JSON pointer; what it breaks is a keyword of the schema."
    return f"{place} {words}." if words else place


_MEDIA = (
    Cause(Confidence.HIGH, "The handler states no media type, so that the framework's default is sent.", Side.SERVICE),
    Cause(Confidence.MEDIUM, "A page for people (a console, an index, an error page with a success status) answers "
                             "in place of the operation.", Side.SERVICE),
    Cause(Confidence.LOW, "The description names the media type that was planned, not the one that was built.",
          Side.CONTRACT),
)  # fmt: skip

RULE = Rule(
    id="response-mismatch",
    title="A safe operation answers with other content than documented",
    severity=Severity.WARNING,
    scope="cell",
    source="OpenAPI 3.2 §4.17 (Response Object), §4.24 (Schema Object)",
    explanation="A safe operation, called as the description says, answers with a media type that is not documented "
                "for its status, or with JSON that the documented schema does not allow. Typed clients fail on it.",
    root_causes=(
        Cause(Confidence.HIGH, "The model behind the answer was changed, and the schema of the description was "
                               "not.", Side.CONTRACT),
        Cause(Confidence.MEDIUM, "The schema is stricter than the code: null, a missing property or a further "
                                 "property is normal, but not documented.", Side.CONTRACT),
        Cause(Confidence.LOW, "The schema cannot be met, for instance `additionalProperties: false` in one part "
                              "of an `allOf`.", Side.CONTRACT),
    ),
    diagnosis="Success answers are looked at, and 400, 404 and 422 where the description has a response of that very "
              "status. What could not be held against its schema (cut bodies, schemas that nobody can follow) is no "
              "drift.",
    fixes=(
        Fix(Side.CONTRACT, "easy", "Describe what is sent: `nullable` or a null type, optional properties, the real "
                                   "media type."),
        Fix(Side.SERVICE, "medium", "Send what is described, if clients rely on it."),
    ),
    prevention="Generate the description from the code's models or the models from the description, and check the "
               "answers of the service's own tests against it.",
    silenced_by=("base-path-wrong", "catch-all"),
    check=check,
)  # fmt: skip
