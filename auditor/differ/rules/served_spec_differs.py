"""served-spec-differs: the description that a deployment serves is not the audited one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.differ.catalogue import Found, Rule
from auditor.differ.evidence import cause, counted, listed, verb
from auditor.differ.likely import Cause, high, low, medium, ranked
from auditor.differ.served import Difference, difference
from auditor.differ.view import EnvironmentView, View
from auditor.model.cell import Support
from auditor.model.finding import Confidence, Fix, Occurrence, RootCause, Severity, Side

MOST = 10
"""Operations that are named; the rest is counted."""


def check(view: View) -> Iterator[Found]:
    every = [(e, d) for e in view.environments for d in [difference(e)] if d is not None]
    found = [(e, d) for e, d in every if d.only_audited or d.only_served]
    if not found:
        return
    occurrences = tuple(Occurrence(e.name, "", (e.facts.served_exchange,), _detail(e, d)) for e, d in found)
    names = listed(e.name for e, _ in found)
    yield Found(
        title=f"{names} {verb(len(found), 'serves', 'serve')} a description that is not the audited one",
        symptom="The description that the deployment serves differs from the audited one. "
                + " ".join(_symptom(e, d) for e, d in found),
        diagnosis=" ".join(filter(None, (*(_version(e) for e, _ in found), _HOW))),
        confidence=Confidence.LOW if any(not d.shared for _, d in found) else Confidence.HIGH,
        occurrences=occurrences,
        cause=cause(RULE.id, (e.name for e, _ in found)),
        root_causes=_root_causes(found),
    )  # fmt: skip


def _detail(environment: EnvironmentView, found: Difference) -> str:
    parts = [f"lacks {counted(len(found.only_audited), 'operation')}"] if found.only_audited else []
    parts += [f"has {len(found.only_served):,} more"] if found.only_served else []
    target = environment.result.environment.served_spec or "its own description"
    shared = f"{found.shared:,} in common" if found.shared else "none in common"
    return f"{target}: {' and '.join(parts)}; {shared}"


def _symptom(environment: EnvironmentView, found: Difference) -> str:
    parts = []
    if found.only_audited:
        parts.append(f"lacks {_some(found.only_audited)}")
    if found.only_served:
        parts.append(f"has besides {_some(found.only_served)}")
    none = "" if found.shared else " They have no operation in common: it may be written for another base path."
    return f"That of {environment.name} {', and '.join(parts)}.{none}"


def _some(names: Sequence[str]) -> str:
    return listed(names, most=MOST)


def _version(environment: EnvironmentView) -> str:
    """The versions that both state, where they differ."""
    there, here = environment.facts.served.version if environment.facts.served else "", environment.contract.version
    return f"{environment.name} states version {there}, the audited one {here}." if there != here and there else ""


_HOW = (
    "Operations are compared by whole path, without parameter names, and by method; HEAD, OPTIONS and TRACE are left "
    "out. It says nothing about what is served: for that, see what was observed of each operation."
)


def _root_causes(found: Sequence[tuple[EnvironmentView, Difference]]) -> tuple[RootCause, ...]:
    """What was observed of the operations in question tells which of the two descriptions is behind."""
    behind, ahead, hidden = RULE.root_causes
    if any(not d.shared for _, d in found):
        return ranked(high("It describes another API, or the same below another base path.", Side.CLIENT),
                      medium(behind.text, Side.CONTRACT))  # fmt: skip
    served = sum(_supports(e, name) for e, d in found for name in d.only_audited)
    lacking = sum(len(d.only_audited) for _, d in found)
    if lacking and served == lacking:
        return ranked(high(f"{hidden.text.rstrip('.')}: what it lacks is served all the same.", Side.SERVICE),
                      medium(behind.text, Side.CONTRACT), low(ahead.text, Side.SERVICE))  # fmt: skip
    if lacking and not served:
        return ranked(high(ahead.text, Side.SERVICE), medium(behind.text, Side.CONTRACT), low(hidden.text))
    return ()


def _supports(environment: EnvironmentView, name: str) -> bool:
    method, _, template = name.partition(" ")
    path = next((p for p in environment.paths.values() if any(i.template == template for i in p.items)), None)
    cell = path.cells.get(method) if path else None
    return cell is not None and cell.cell.support is Support.SUPPORTED


RULE = Rule(
    id="served-spec-differs",
    title="The served description is not the audited one",
    severity=Severity.WARNING,
    scope="environment",
    source="OpenAPI 3.2 §4.8 (Paths Object)",
    explanation="The deployment serves a description of itself, and it lists other operations than the audited one. "
                "Clients generated from the one are not those generated from the other.",
    root_causes=(
        Cause(Confidence.HIGH, "The audited description was not changed with the code, or is that of another version.",
              Side.CONTRACT),
        Cause(Confidence.MEDIUM, "The deployment runs another build than the audited description was written for.",
              Side.SERVICE),
        Cause(Confidence.LOW, "Its generator leaves routes out, such as hidden or conditional ones.", Side.SERVICE),
    ),
    diagnosis="One GET to the path that `served_spec` names, read as descriptions are; what it refers to elsewhere is "
              "not followed. One that cannot be had or read is a note, and no drift. No verdict rests on it.",
    fixes=(
        Fix(Side.CONTRACT, "easy", "Replace the audited description by that of the build it stands for."),
        Fix(Side.SERVICE, "medium", "Deploy the build that the description was written for."),
        Fix(Side.CLIENT, "easy", "Give this environment its own `spec` in auditor.yaml, if builds are meant to "
                                 "differ."),
    ),
    prevention="Export the description in the build, and audit every environment against that very file.",
    silenced_by=("base-path-wrong",),
    check=check,
)  # fmt: skip
