"""How templates lie to one another: shared beginnings, shadowing, values that nobody vouched for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from auditor.model.contract import PathItem, Value
from auditor.model.templates import Segment, fits_type, split_template
from auditor.prober.request_target import fill_or_none

PLACEHOLDER = "1"
"""Stands in sibling paths where a template has a parameter that no value is known for."""


def shared_prefix(paths: Sequence[tuple[Segment, ...]]) -> tuple[str, ...]:
    """The deepest run of literal segments that all documented paths begin with."""
    if not paths:
        return ()
    prefix: list[str] = []
    for column in zip(*paths, strict=False):
        texts = {s.text for s in column}
        if len(texts) != 1 or not column[0].is_literal or not column[0].text:
            break
        prefix.append(column[0].text)
    return tuple(prefix)


def overlaps(other: str, template: str) -> bool:
    """Whether `other` has a parameter where `template` has a literal: the server's route may take any value there."""
    pairs = zip(split_template(template), split_template(other), strict=False)
    return any(not ours.is_parameter and not theirs.is_literal for ours, theirs in pairs)


def could_hold(other: PathItem, template: str) -> bool:
    """Whether `other` has a parameter where `template` has a literal, and each such literal could be a value of it."""
    declared = other.path_parameters
    shadowed = False
    for ours, theirs in zip(split_template(template), split_template(other.template), strict=False):
        if ours.is_parameter or theirs.is_literal:
            continue
        shadowed = True
        if theirs.is_parameter:
            parameter = declared.get(theirs.parts[0].text.strip("+*;.?#/"))
            if parameter and ours.is_literal and not fits_type(ours.text, parameter.type, parameter.format):
                return False
            if parameter and parameter.enum and ours.text not in parameter.enum:
                return False
    return shadowed


def guessed(template: str, values: Mapping[str, Value], filled: Mapping[str, str]) -> list[str]:
    """Leading paths that end with a parameter before the last segment whose value nobody vouched for."""
    segments = split_template(template)
    found = []
    for i, segment in enumerate(segments[:-1], start=1):
        names = [p.text.strip("+*;.?#/") for p in segment.parts if p.is_parameter]
        if any(n not in values or values[n].source not in ("config", "x-auditor", "learnt") for n in names):
            path = fill_or_none("/" + "/".join(s.text for s in segments[:i]), filled)
            if path is not None:
                found.append(path)
    return found


def names_of(segments: Iterable[Segment]) -> tuple[str, ...]:
    """The literal segments by their text, all others alike."""
    return tuple(s.text if s.is_literal else "{}" for s in segments)


def placeholder(segment: Segment, filled: Mapping[str, str]) -> str:
    """What stands for a segment in a path that is invented."""
    text = segment.text
    return fill_or_none(text, filled) or "".join(PLACEHOLDER if p.is_parameter else p.text for p in segment.parts)
