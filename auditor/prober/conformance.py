"""Whether an answer is what the description promises, seen once, when it arrives (DESIGN §4, response rules).

Bodies are not stored, so this cannot be asked later. What is seen becomes a few short texts of an Exchange:

- `status 202 documented 200,404`
- `media-type text/html documented application/json`
- `body /items/0/price type string integer`: JSON pointer of the value, keyword of the schema, and for a type what it
  allows and what came; `/` is the whole body, `json` means that it is no JSON. Never a value, and no name that neither
  the description holds nor looks like a plain word.
- `unchecked REASON`: a schema is documented, but the body could not be held against it. No drift.

An answer counts only where it is the operation's own doing: what depends on who asks, how often and for which object
(401, 403, 404, 429, …) proves nothing about the description.
"""

from __future__ import annotations

import asyncio
import re
import urllib.parse
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any, TypeVar

from auditor.model.contract import Contract, Operation, PathItem
from auditor.model.exchange import Probe, Purpose
from auditor.model.templates import anonymous, parameter_names
from auditor.prober.checker import Checker
from auditor.prober.exchange_io import WireAnswer
from auditor.prober.library import Library, Spot, is_small
from auditor.prober.lint import UNSOUND
from auditor.prober.media import MediaType, accepts, parse
from auditor.prober.signature import MAX_DECODED, decode_body

MAX_OBSERVATIONS = 5
MAX_POINTER = 150
T = TypeVar("T")
_SILENT_METHODS = frozenset({"HEAD", "OPTIONS", "TRACE"})
_NO_CONTENT = frozenset({204, 205, 304})
_OURS = frozenset({400, 422})
"""Client errors that a request filled in as documented should never meet."""
_STATED = frozenset({"400", "404", "422"})
"""Client errors whose content is looked at where the description has a response of that very status."""
_REASONS = {
    "time": "took too long", "worker": "the checker could not run", "size": "too large", "coding": "content coding",
    "reference": "reference out of reach", "dialect": "other JSON Schema dialect", "recursion": "endless schema",
    "schema": "schema not understood", "encoding": "character encoding",
}  # fmt: skip
_KEY = re.compile(r"[1-5](?:\d\d|XX|xx)|default")
_VOUCHED = frozenset({"config", "x-auditor", "example", "default", "enum"})


class Conformance:
    """Checks the answers of one environment against its contract. Awaited with each final answer."""

    def __init__(self, contract: Contract, library: Library, checker: Checker, *, credentials: bool) -> None:
        self._contract, self._library, self._checker = contract, library, checker
        self._credentials = credentials
        self._items = {p.template: p for p in contract.paths}
        self._forms = Counter(anonymous(p.template) for p in contract.paths)
        self._hopeless: dict[int, str] = {}
        self.checked = 0
        self.unchecked: Counter[str] = Counter()
        """Bodies that could not be checked, by reason."""

    async def __call__(self, probe: Probe, answer: WireAnswer) -> tuple[str, ...]:
        """Observations on the answer to the path's own probe; empty where nothing is to be said."""
        item, operation = self._asked(probe)
        status = answer.status
        if item is None or operation is None or status is None or answer.end not in ("complete", "capped"):
            return ()
        if not 200 <= status < 300 and status not in (400, 404, 422):
            return ()
        wrong = self._status(item, operation, probe, status)
        if wrong is not None:
            return (wrong,)
        return tuple([o async for o in self._content(operation, status, answer)][:MAX_OBSERVATIONS])

    def _asked(self, probe: Probe) -> tuple[PathItem | None, Operation | None]:
        """The operation that this probe asks as documented, and that no other one shares its path with."""
        slot = probe.slot
        item = self._items.get(slot.subject)
        if slot.purpose is not Purpose.PATH or slot.ordinal or slot.method in _SILENT_METHODS or item is None:
            return None, None
        operation = item.operation(slot.method)
        alone = len(item.keys) <= 1 and not set("?#") & set(item.key) and self._forms[anonymous(item.template)] == 1
        if operation is None or operation.unfilled or not alone:
            return None, None
        return item, operation

    # --- status ---

    def _status(self, item: PathItem, operation: Operation, probe: Probe, status: int) -> str | None:
        """`status …` where no documented response covers it and the description is to blame."""
        keys = operation.statuses
        if not keys or not all(_KEY.fullmatch(k) for k in keys) or response_key(keys, status) is not None:
            return None
        if status in _OURS:
            locked = operation.secured and not self._credentials
            if locked or operation.request_body is not None or not _as_documented(item, operation, probe):
                return None
        elif status == 203 or not 200 <= status < 300:
            return None  # 203 is a proxy's word
        return f"status {status} documented {_some(keys)}"

    # --- content ---

    async def _content(self, operation: Operation, status: int, answer: WireAnswer) -> AsyncIterator[str]:
        body = _whole_body(answer)
        stated = parse(_one_field(answer, b"content-type"))
        if status in _NO_CONTENT or not answer.body or stated is None:
            return
        promised = await self._aside(self._read_promise, operation, status)
        if not promised:
            return
        fitting = next((p for p in promised if accepts(p, stated)), None)
        if fitting is None:
            if not _negotiates(answer):
                yield f"media-type {stated.essence} documented {_some(p.essence for p in promised)}"
            return
        schema = promised[fitting]
        if schema is None or not stated.is_json or not (fitting.is_json or fitting.is_range):
            return
        if body is None:
            yield self._count("size" if answer.end == "capped" else "coding")
            return
        async for observation in self._body(schema, body, stated):
            yield observation

    async def _aside(self, work: Callable[..., T], *arguments: Any) -> T:
        """`work` in a thread where it may come upon a file that is still to be read (PROMISES P19)."""
        return await asyncio.to_thread(work, *arguments) if self._library.reads else work(*arguments)

    def _read_promise(self, operation: Operation, status: int) -> dict[MediaType, Spot | None]:
        """The documented media types of that status, each with its schema where there is one."""
        place = self._library.operation(operation)
        if place is None:
            return {}
        responses = self._open(place, "responses")
        if responses is None or not isinstance(responses.node, dict):
            return {}
        key = response_key([k for k in responses.node if not k.startswith("x-")], status)
        if key is None or not _speaks_of(key, responses.node, status):
            return {}
        response = self._open(responses, key)
        if response is None or not isinstance(response.node, dict):
            return {}
        return self._content_of(place, response)

    def _content_of(self, operation: Spot, response: Spot) -> dict[MediaType, Spot | None]:
        if self._contract.dialect == "2.0":
            return self._produced(operation, response)
        content = self._open(response, "content")
        found: dict[MediaType, Spot | None] = {}
        if content is not None and isinstance(content.node, dict):
            for name in content.node:
                media = parse(name, ranges=True)
                if media is None:
                    return {}  # a key that nobody understands may admit anything
                described = self._open(content, name)
                has = described is not None and isinstance(described.node, dict) and "schema" in described.node
                found[media] = Spot(described.node["schema"], described.file) if described and has else None
        return found

    def _produced(self, operation: Spot, response: Spot) -> dict[MediaType, Spot | None]:
        """Swagger 2.0: `produces` of the operation or of all, and the one schema of the response."""
        schema = response.node.get("schema")
        root = self._contract.document
        produces = operation.node.get("produces", root.get("produces") if isinstance(root, dict) else None)
        if not isinstance(schema, dict) or schema.get("type") == "file" or not isinstance(produces, list):
            return {}
        media = [parse(p, ranges=True) for p in produces]
        return {m: Spot(schema, response.file) for m in media if m is not None} if None not in media else {}

    def _open(self, spot: Spot, key: str) -> Spot | None:
        return self._library.open(Spot(spot.node[key], spot.file)) if key in spot.node else None

    # --- body ---

    async def _body(self, schema: Spot, body: bytes, stated: MediaType) -> AsyncIterator[str]:
        known = self._hopeless.get(id(schema.node))
        if known is not None or not is_small(schema.node):
            yield self._count(known or "size")
            return
        root = self._contract.document
        dialect = root.get("jsonSchemaDialect") if isinstance(root, dict) else None
        verdict = await self._checker.check({
            "library": id(self._library), "dialect": self._contract.dialect,
            "schema_dialect": dialect if isinstance(dialect, str) else None, "file": schema.file,
            "schema": schema.node, "body": body, "charset": stated.charset,
        }, self._resolve)  # fmt: skip
        reason = verdict.get("unchecked")
        if reason is not None:
            if reason in ("time", "worker"):
                self._hopeless[id(schema.node)] = str(reason)
            yield self._count(str(reason))
            return
        self.checked += 1
        for pointer, keyword, detail in _distinct(verdict["errors"]):
            yield f"body {_pointer_text(pointer)} {keyword} {detail}".rstrip()

    async def _resolve(self, file: str, ref: str) -> tuple[str, Any] | None:
        spot = await self._aside(self._library.follow, file, ref)
        return (spot.file, spot.node) if spot is not None and is_small(spot.node) else None

    @property
    def note(self) -> str:
        """One sentence on bodies that could not be checked; empty where all could."""
        count = self.unchecked.total()
        if not count:
            return ""
        why = ", ".join(f"{n} × {_REASONS.get(r, r)}" for r, n in sorted(self.unchecked.items()))
        what = (
            "1 answer was not held against its schema"
            if count == 1
            else f"{count} answers were not held against their schemas"
        )
        return f"{what} ({why})"

    def _count(self, reason: str) -> str:
        self.unchecked[reason] += 1
        return f"unchecked {reason}"


def response_key(keys: Iterable[str], status: int) -> str | None:
    """The key of the response that covers `status`: itself, its range in either case, `default` (OpenAPI §4.16)."""
    by_name = {k.upper(): k for k in keys}
    return next((by_name[k] for k in (str(status), f"{status // 100}XX", "DEFAULT") if k in by_name), None)


def _speaks_of(key: str, responses: Mapping[str, Any], status: int) -> bool:
    """Whether that response surely means this answer: `default` beside a success is the word for errors."""
    if 200 <= status < 300:
        return key != "default" or not any(k[:1] in "23" for k in responses)
    return key in _STATED


def _as_documented(item: PathItem, operation: Operation, probe: Probe) -> bool:
    """Whether the request holds all that is required, with values that somebody wrote down."""
    in_path = {**{n: v for o in item.operations for n, v in o.values.items()}, **item.values}
    if any(n not in in_path or in_path[n].source not in _VOUCHED for n in parameter_names(item.template)):
        return False
    query = {n for n, _ in urllib.parse.parse_qsl(probe.target.partition("?")[2], keep_blank_values=True)}
    sent = {"query": query, "header": {n for n, _ in probe.fields}}
    wanted = [p for p in operation.parameters if p.required and p.location != "path"]
    values = operation.values
    return all(
        p.name in sent.get(p.location, ()) and p.name in values and values[p.name].source in _VOUCHED for p in wanted
    )


def _whole_body(answer: WireAnswer) -> bytes | None:
    """The content, decoded; None where it was cut, has no certain end, or a coding that we do not read."""
    if answer.end != "complete" or UNSOUND & set(answer.notes) or "surplus" in answer.notes:
        return None
    codings = b",".join(v for n, v in answer.fields if n.lower() == b"content-encoding")
    content = decode_body(answer.body, codings.decode("latin-1"))
    return content if content is not None and len(content) < MAX_DECODED else None


def _one_field(answer: WireAnswer, name: bytes) -> str | None:
    """The value of a field that comes once; None where it is absent or ambiguous."""
    found = [v for n, v in answer.fields if n.lower() == name]
    return found[0].decode("latin-1") if len(found) == 1 else None


def _negotiates(answer: WireAnswer) -> bool:
    """Whether the answer depends on Accept, which we send as `*/*`: another client may get what is promised."""
    vary = ",".join(v.decode("latin-1") for n, v in answer.fields if n.lower() == b"vary").lower()
    return bool({"accept", "*"} & {t.strip() for t in vary.split(",")})


def _distinct(errors: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """The first of those that differ in an array index, or in the detail, only."""
    found: dict[tuple[str, str], tuple[str, str, str]] = {}
    for pointer, keyword, detail in errors:
        found.setdefault((re.sub(r"/\d+(?=/|\Z)", "/0", pointer), keyword), (pointer, keyword, detail))
    return list(found.values())


def _pointer_text(pointer: str) -> str:
    """A JSON pointer without blanks and other odd characters; its names are short."""
    text = ""
    for token in pointer.split("/")[1:]:
        step = "/" + urllib.parse.quote(token[:60], safe="~!$&'()*+,;=:@-._[]")
        if len(text) + len(step) > MAX_POINTER:
            return f"{text}/…"  # whole names only: half a secret would pass the redaction
        text += step
    return text or "/"


def _some(texts: Iterable[str], most: int = 6) -> str:
    found = list(dict.fromkeys(texts))
    return ",".join(found[:most] + ([f"+{len(found) - most}"] if len(found) > most else []))
