"""Values that exist, from the collections' own answers: `GET /books` names the books that `/books/{bookId}` has.

Pure: from a contract to what is wanted of which answer, and from an answer to values. What is kept of a body is one
short name or number per parameter, nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.model.contract import Contract, Parameter, PathItem
from auditor.model.exchange import Purpose
from auditor.model.knowledge import Knowledge
from auditor.model.templates import fits_type, split_template
from auditor.prober.phantom import is_few, place
from auditor.prober.signature import decode_body

MAX_ITEMS = 3
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")
_LISTS = ("items", "data", "results", "content", "value", "values", "records", "entries", "list", "rows", "hits")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One parameter that an answer may name. `place`: the templates' common beginning up to it, nameless.

    `names`: what the parameter is called, by those templates; `collection`: the last literal segment before it.
    """

    place: str
    names: tuple[str, ...]
    collection: str
    parameter: Parameter | None = None


def donors(contract: Contract, usable: Callable[[PathItem], bool]) -> dict[str, tuple[Wanted, ...]]:
    """Which values each collection may name: a path that documents GET, and the parameter right below it."""
    items = {p.template: p for p in contract.paths}
    found: dict[str, dict[str, Wanted]] = {}
    for item in contract.paths:
        segments = split_template(item.template)
        for i, segment in enumerate(segments):
            if not segment.is_parameter or segment.spans:
                continue
            above = "/" + "/".join(s.text for s in segments[:i])
            donor = next((items[t] for t in (above, above + "/") if t in items), None)
            name = segment.parts[0].text.strip("+*;.?#/")
            if donor is None or not usable(donor) or is_few(name):
                continue
            parameter = item.path_parameters.get(name)
            if parameter is not None and parameter.closed:
                continue
            where = place(item.template, i)
            known = found.setdefault(donor.template, {}).get(where)
            names = tuple(dict.fromkeys((*(known.names if known else ()), name)))
            collection = next((s.text for s in reversed(segments[:i]) if s.is_literal), "")
            kept = known.parameter if known and known.parameter else parameter
            found[donor.template][where] = Wanted(where, names, collection, kept)
    return {template: tuple(wanted.values()) for template, wanted in found.items()}


def learnt(knowledge: Knowledge) -> dict[str, str]:
    """By place: the value that an answer named. The first answer to name one stands."""
    found: dict[str, str] = {}
    for exchange in knowledge.in_order():
        if exchange.probe.purpose is Purpose.PATH:
            for where, text in exchange.learnt:
                found.setdefault(where, text)
    return found


def harvest(body: bytes, encoding: str | None, wanted: Sequence[Wanted]) -> tuple[tuple[str, str], ...]:
    """(place, value) for what the content of a 2xx answer names; empty where it is no JSON."""
    content = decode_body(body, encoding)
    try:
        value = json.loads(content) if content else None
    except (ValueError, RecursionError):
        return ()
    found = []
    for want in wanted:
        text = next((t for t in _candidates(value, want) if t is not None and _fits(t, want.parameter)), None)
        if text is not None:
            found.append((want.place, text))
    return tuple(found)


def _fits(text: str, parameter: Parameter | None) -> bool:
    if not _NAME.match(text):
        return False
    return parameter is None or fits_type(text, parameter.type, parameter.format)


def _candidates(value: Any, want: Wanted) -> Iterator[str | None]:
    for item in _items(value, want.collection):
        if isinstance(item, Mapping):
            keys = {_plain(str(k)): v for k, v in list(item.items())[:200]}
            for name in _property_names(want):
                yield _text(keys.get(name))
        else:
            yield _text(item)


def _items(value: Any, collection: str) -> list[Any]:
    """The first members of the list that the answer is, or holds under the collection's name or a usual one."""
    if isinstance(value, list):
        return value[:MAX_ITEMS]
    if not isinstance(value, Mapping):
        return []
    keys = {_plain(str(k)): v for k, v in list(value.items())[:200]}
    for name in (_plain(collection), *_LISTS):
        if isinstance(keys.get(name), list):
            return list(keys[name])[:MAX_ITEMS]
    lists = [v for v in keys.values() if isinstance(v, list) and v and isinstance(v[0], Mapping)]
    return list(lists[0])[:MAX_ITEMS] if len(lists) == 1 else []


def _property_names(want: Wanted) -> list[str]:
    """How a member may call this value: as the parameter, without the collection's name before it, or plainly `id`."""
    found: dict[str, None] = {}
    singular = _plain(want.collection).removesuffix("s")
    for name in want.names:
        plain = _plain(name)
        found[plain] = None
        if singular and plain.startswith(singular) and plain != singular:
            found[plain.removeprefix(singular)] = None
        if plain.endswith("id"):
            found["id"] = None
        for tail in ("uuid", "slug", "name", "key", "code"):
            if plain.endswith(tail):
                found[tail] = None
        if plain == singular:
            found.update(dict.fromkeys(("id", "slug", "name", "key")))
    return list(found)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _text(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    return str(value)
