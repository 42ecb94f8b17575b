"""Contract × cells × facts → findings: runs every rule that is on, silencers first, and orders what they say."""

from __future__ import annotations

from collections.abc import Iterable
from graphlib import TopologicalSorter

from auditor.differ.advice import Known, fixes, known_stacks
from auditor.differ.catalogue import Found, Rule, rules
from auditor.differ.curl import curl_line
from auditor.differ.evidence import decisive
from auditor.differ.likely import by_cause
from auditor.differ.subject import Subject
from auditor.differ.view import Silenced, Told, View
from auditor.model.finding import Finding, Occurrence, Severity, fingerprint
from auditor.model.methods import method_order
from auditor.model.templates import anonymous

__all__ = ["Subject", "compare"]


def compare(subject: Subject) -> tuple[Finding, ...]:
    """All findings, worst first: by severity, then what concerns whole environments, then by path and method.

    A rule that is `off` neither speaks nor silences. Fingerprints are unique.
    """
    view, known = View.of(subject), known_stacks(subject)
    fired: dict[str, list[Found]] = {}
    by_id = {r.id: r for r in rules()}
    findings: list[Finding] = []
    for rule in _silencers_first(rules()):
        setting = subject.settings.get(rule.id)
        if setting == "off":
            continue
        mates = [s for s in rule.silenced_by if s in by_id and by_id[s].scope == rule.scope == "cell"]
        told = _told(f for s in mates for f in fired.get(s, ()))
        others = [f for s in rule.silenced_by if s not in mates for f in fired.get(s, ())]
        found = fired[rule.id] = list(rule.check(view.without(_silenced(rule, others), told)))
        findings += (_finding(rule, f, setting, subject, known) for f in found)
    return tuple(sorted(findings, key=_order))


def _silencers_first(all_rules: Iterable[Rule]) -> list[Rule]:
    by_id = {r.id: r for r in all_rules}
    graph = {r.id: [s for s in r.silenced_by if s in by_id] for r in by_id.values()}
    return [by_id[i] for i in TopologicalSorter(graph).static_order()]


def _silenced(rule: Rule, found: Iterable[Found]) -> Silenced:
    """What `rule` may not speak about. A rule about whole environments has no path, so only those are compared."""
    whole = rule.scope in ("run", "environment")
    return frozenset(
        (o.environment, anonymous(f.path) if f.path and not whole else None) for f in found for o in f.occurrences
    )


def _told(found: Iterable[Found]) -> Told:
    """The cells that another rule about cells has told of: one method of a path says nothing about the next."""
    return frozenset((o.environment, anonymous(f.path or ""), o.method) for f in found for o in f.occurrences)


def _finding(rule: Rule, found: Found, setting: str | None, subject: Subject, known: Known) -> Finding:
    scoped_path = found.path if rule.scope in ("path", "cell") else None
    method = found.methods[0] if rule.scope == "cell" else ""
    causes = found.root_causes or rule.root_causes
    environments = tuple(dict.fromkeys(o.environment for o in found.occurrences))
    general = () if found.alone else fixes(rule.id, rule.fixes, environments, known)
    return Finding(
        rule=rule.id,
        severity=Severity(setting) if setting else found.severity or rule.severity,
        confidence=found.confidence,
        path=scoped_path,
        methods=found.methods,
        environments=environments,
        cause=found.cause,
        occurrences=found.occurrences,
        title=found.title,
        symptom=found.symptom,
        root_causes=causes,
        diagnosis=found.diagnosis,
        fixes=by_cause((*found.fixes, *general), causes),
        prevention=rule.prevention,
        curl=_curl(found.occurrences, method, subject),
        fingerprint=fingerprint(rule.id, scoped_path, method),
        location=found.location,
        owner=found.owner,
    )


def _curl(occurrences: Iterable[Occurrence], method: str, subject: Subject) -> str:
    """The deciding exchange of the first occurrence that has one."""
    for occurrence in occurrences:
        kept = [subject.exchanges[i] for i in occurrence.exchanges if i in subject.exchanges]
        best = decisive(kept, method)
        if best is not None:
            return curl_line(best)
    return ""


def _order(finding: Finding) -> tuple[object, ...]:
    path = finding.path or ""
    methods = [method_order(m) for m in finding.methods]
    return (finding.severity.rank, path != "", finding.confidence.rank, path, methods, finding.rule)
