"""base-path-wrong: nothing of the description is served at this base URL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from auditor.differ.catalogue import Found, Rule
from auditor.differ.evidence import cause, controls, details, listed, of_environment, verb
from auditor.differ.likely import Cause, high, low, medium
from auditor.differ.view import EnvironmentView, View
from auditor.model.finding import Confidence, Fix, Occurrence, RootCause, Severity, Side


def check(view: View) -> Iterator[Found]:
    wrong = [e for e in view.environments if e.facts.base_path_wrong]
    if not wrong:
        return
    occurrences = tuple(_occurrence(e) for e in wrong)
    names = listed(e.name for e in wrong)
    known = [e for e in wrong if e.facts.likely_base]
    yield Found(
        title=f"The base URL of {names} is probably wrong",
        symptom=f"In {names} every documented path that was asked answers like one that does not exist "
                f"({details(occurrences)}).",
        diagnosis=" ".join(filter(None, (
            "A deployment that lacks one path still serves another; where all are missing, the address is the "
            "likelier reason.",
            controls(wrong[0].found(wrong[0].facts.exchanges)),
            "" if known else f"Check which path the root server of {wrong[0].contract.source} names.",
        ))),
        confidence=Confidence.HIGH if len(known) == len(wrong) else Confidence.MEDIUM,
        occurrences=occurrences,
        cause=cause(RULE.id, (e.name for e in wrong)),
        root_causes=_root_causes(wrong, view),
        fixes=tuple(Fix(Side.CLIENT, "easy", f"Use --env {e.name}={_likely(e)}.") for e in known),
    )  # fmt: skip


def _occurrence(environment: EnvironmentView) -> Occurrence:
    """With a documented path that is not found: that is what to repeat, not the unknown path that proves it."""
    whole = of_environment(environment, _detail(environment))
    asked = (p.facts.exchanges for p in environment.paths.values() if p.items)
    one = next((ids["GET"] for ids in asked if "GET" in ids), None)
    return replace(whole, exchanges=tuple(dict.fromkeys([*whole.exchanges, *([one] if one else [])])))


def _detail(environment: EnvironmentView) -> str:
    base = environment.result.environment.url
    paths = [p for p in environment.paths.values() if p.items]
    asked = sum(bool(p.facts.exchanges) for p in paths)
    left = f" ({len(paths) - asked} not asked)" if 0 < asked < len(paths) else ""
    none = "the one path asked" if asked == 1 else f"none of {asked or len(paths)} paths asked"
    text = f"{none}{left} {'was not' if asked == 1 else 'was'} found under {base}"
    return f"{text}; {_likely(environment)} answers" if environment.facts.likely_base else text


def _root_causes(wrong: list[EnvironmentView], view: View) -> tuple[RootCause, ...]:
    """A base path that works elsewhere is right in itself: then the host or what routes to it is likelier at fault."""
    bases = {e.result.environment.base_path for e in wrong}
    works = [e for e in view.environments if not e.facts.base_path_wrong and e.result.environment.base_path in bases
             and any(c.supported for p in e.paths.values() for c in p.documented)]  # fmt: skip
    if not works or len(bases) > 1 or any(e.facts.likely_base for e in wrong):
        return ()
    url, gateway, service = RULE.root_causes
    serves = f"{listed(e.name for e in works)} {verb(len(works), 'serves', 'serve')} the same base path"
    by_gateway = high(f"{gateway.text.rstrip('.')}: {serves}.", Side.GATEWAY)
    return by_gateway, medium(service.text, Side.SERVICE), low(url.text, Side.CLIENT)


def _likely(environment: EnvironmentView) -> str:
    """The base that was seen to work, as a URL to copy."""
    base = (environment.facts.likely_base or "").rstrip("/")
    return base if "://" in base else environment.result.environment.origin.text + base


RULE = Rule(
    id="base-path-wrong",
    title="The base URL's path is probably wrong",
    severity=Severity.ERROR,
    scope="environment",
    source="OpenAPI Server Object (url)",
    explanation="Every documented path that was asked answers exactly like a path that nobody documents, so the audit "
                "probably looked in the wrong place. It is said once, in place of one missing path after another.",
    root_causes=(
        Cause(Confidence.HIGH, "The base URL given for the environment lacks a prefix such as /api/v1, or has one "
                               "too many.", Side.CLIENT),
        Cause(Confidence.MEDIUM, "A gateway of this environment strips or adds a prefix that others do not.",
              Side.GATEWAY),
        Cause(Confidence.LOW, "Another service, or none at all, is deployed at this host.", Side.SERVICE),
    ),
    diagnosis="Documented paths are compared with unknown siblings under the same base; other bases that the "
              "description or the host suggests are tried only because this one serves nothing.",
    fixes=(
        Fix(Side.CLIENT, "easy", "Give the environment the URL that stands for the description's first root server, "
                                 "with its path: --env NAME=https://host/base."),
        Fix(Side.GATEWAY, "medium", "Route the prefix that the description's servers name."),
    ),
    prevention="Keep the base URLs of all environments in auditor.yaml, beside the description, and let the "
               "deployment read them from there.",
    check=check,
)  # fmt: skip
