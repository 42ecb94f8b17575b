"""Where a state-changing method can meet nothing: the documented path with every object in it absent (DESIGN §5)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from auditor.model.contract import PathItem, Value
from auditor.model.templates import Segment, anonymous, split_template
from auditor.prober.request_target import encode, fill_or_none

RANDOM_BITS = 64
_HEX = re.compile(r"[0-9a-f]")


class Filling(StrEnum):
    """How one path parameter of a phantom is filled."""

    RANDOM = "random"
    """At least 64 random bits, free text or UUID: nothing bears that name."""
    ABSENT = "absent"
    """A number that GET must show to name nothing."""
    KEPT = "kept"
    """An enum, boolean, version or tenant: its values are few, and this one is real."""


@dataclass(frozen=True, slots=True)
class Filled:
    """One parameter of a phantom. `prefix` is the request target up to and including its segment."""

    name: str
    filling: Filling
    whole: bool
    """Exactly one whole parameter is its segment."""
    last: bool
    """Its segment is the last one."""
    prefix: str


@dataclass(frozen=True, slots=True)
class Phantom:
    """A path template made concrete with objects that cannot exist. `path` is a request target without query."""

    template: str
    path: str
    filled: tuple[Filled, ...] = ()

    @property
    def last(self) -> Filled | None:
        """The parameter that is the whole last segment, if one is."""
        return next((f for f in self.filled if f.last and f.whole), None)


Absent = Callable[[PathItem, str, str], str | None]
_FEW = re.compile(r"(?:api_?)?version(?:_?(?:id|name|number))?\Z|tenant(?:_?(?:id|name|slug|key))?\Z|v\Z")


def is_few(name: str) -> bool:
    """Whether a parameter's name says version or tenant: segments that stand for the API, not for an object."""
    return _FEW.match(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().replace("-", "_")) is not None


def phantom(
    item: PathItem, values: Mapping[str, Value], absent: Absent, nonce: Callable[[str], str],
    absolute: Callable[[str], str],
) -> Phantom | None:  # fmt: skip
    """The phantom of a path, or None where a parameter has neither an absent nor a fixed value.

    An absent value is a function of the path before it, so that paths that share a beginning share their phantom
    objects, and one GET shows the absence for all of them. `nonce` makes 64 bits out of that place, `absolute` a
    request target out of a path.
    """
    found: dict[str, tuple[str, Filling]] = {}
    declared = item.path_parameters
    segments = split_template(item.template)
    for i, segment in enumerate(segments):
        for name in _names(segment):
            parameter = declared.get(name)
            if (parameter is not None and parameter.closed) or is_few(name):
                if name not in values:
                    return None
                found[name] = (values[name].text, Filling.KEPT)
                continue
            text = absent(item, name, nonce(place(item.template, i)))
            if text is None:
                return None
            found[name] = (text, Filling.RANDOM if is_random(text) else Filling.ABSENT)
    texts = {n: encode(t) for n, (t, _) in found.items()}
    local = fill_or_none(item.template, texts)
    if local is None:
        return None
    filled = tuple(
        Filled(name, found[name][1], segment.is_parameter and not segment.spans, i == len(segments) - 1,
               absolute(fill_or_none("/" + "/".join(s.text for s in segments[: i + 1]), texts) or ""))
        for i, segment in enumerate(segments) for name in _names(segment)
    )  # fmt: skip
    return Phantom(item.template, absolute(local), filled)


def place(template: str, index: int) -> str:
    """The template up to and including that segment, whatever its parameters are called."""
    return anonymous("/".join(s.text for s in split_template(template)[: index + 1]))


def _names(segment: Segment) -> list[str]:
    return [p.text.strip("+*;.?#/") for p in segment.parts if p.is_parameter]


def is_random(text: str) -> bool:
    """Whether a value made from a 64-bit nonce still holds all of it: as text or UUID, not as a short number."""
    return not text.isdigit() and len(_HEX.findall(text)) * 4 >= RANDOM_BITS
