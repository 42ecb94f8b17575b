"""The conformance worker: holds bodies against schemas in a process that may be killed (PROMISES P19, P20).

`python -m auditor.prober.conformance_worker` reads jobs from standard input and writes verdicts to standard output.
It opens no file and no socket: what a `$ref` names is asked of the parent, which decides whether that may be read.

Frames are four octets of length (big-endian) and the content: pickles of plain data from the parent, JSON back.

- `("ready",)` is said first, as `{"ready": true}`.
- A job is `{"library", "dialect", "schema_dialect", "file", "schema", "body", "charset"}`; its answer is
  `{"errors": [[JSON pointer, keyword, detail], …]}` or `{"unchecked": reason}`.
- Amid a job the worker may say `{"need": [file, ref]}`; the parent answers `(file, node)` or None.
"""

from __future__ import annotations

import contextlib
import json
import pickle
import signal
import sys
from importlib import import_module
from types import SimpleNamespace
from typing import Any, BinaryIO

MAX_CPU = 20
"""Seconds of processor time per job, should the parent die amid an endless one."""
MAX_MEMORY = 2 << 30
MAX_NEEDS = 2000
MAX_ERRORS = 50

_NAMES = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
_VALUES = frozenset({"enum", "const", "default", "example", "examples"})
_MOVES = ("$id", "$dynamicRef", "$recursiveRef")


class Unchecked(Exception):
    """This body cannot be held against this schema; the argument is the reason."""


class Channel:
    """Frames to and from the parent."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source, self._sink = source, sink

    def receive(self) -> Any:
        """The next message; EOFError where the parent is gone."""
        head = self._source.read(4)
        if len(head) < 4:
            raise EOFError
        return pickle.loads(self._source.read(int.from_bytes(head, "big")))  # noqa: S301 - our own parent

    def send(self, message: Any) -> None:
        data = json.dumps(message).encode()
        self._sink.write(len(data).to_bytes(4, "big") + data)
        self._sink.flush()


class Definitions(dict[str, Any]):
    """What references name, by number; asked of the parent when first needed.

    Every `$ref` of a node is rewritten to `#/d/<number>`, so that no library ever sees an address to follow.
    """

    def __init__(self, channel: Channel) -> None:
        super().__init__()
        self._channel = channel
        self._numbers: dict[tuple[str, str], str] = {}
        self._places: list[tuple[str, str]] = []
        self.needs = 0

    def __missing__(self, number: str) -> Any:
        self.needs += 1
        if self.needs > MAX_NEEDS or not number.isdecimal() or int(number) >= len(self._places):
            raise Unchecked("reference")
        self._channel.send({"need": self._places[int(number)]})
        found = self._channel.receive()
        if found is None:
            raise Unchecked("reference")
        file, node = found
        self[number] = self.take(node, file)
        return self[number]

    def take(self, root: Any, file: str) -> Any:
        """`root`, a fresh copy out of `file`, with its references rewritten; Unchecked where a base would move."""
        stack: list[tuple[Any, bool]] = [(root, False)]
        seen: set[int] = set()
        while stack:
            node, names = stack.pop()
            if id(node) in seen or not isinstance(node, dict | list):
                continue
            seen.add(id(node))
            if isinstance(node, list):
                stack.extend((n, False) for n in node)
                continue
            if not names:
                self._rewrite(node, file)
            for key, value in node.items():
                if names or key not in _VALUES:
                    stack.append((value, not names and key in _NAMES))
        return root

    def _rewrite(self, node: dict[str, Any], file: str) -> None:
        from auditor.prober.schema_keywords import DIALECTS

        stated = node.get("$schema")
        if any(isinstance(node.get(k), str) for k in _MOVES) or (
            isinstance(stated, str) and stated.rstrip("#") not in DIALECTS
        ):
            raise Unchecked("dialect")
        ref = node.get("$ref")
        if isinstance(ref, str):
            number = self._numbers.setdefault((file, ref), str(len(self._places)))
            if int(number) == len(self._places):
                self._places.append((file, ref))
            node["$ref"] = f"#/d/{number}"


class Bodies:
    """Checks one body at a time; what was asked for once is kept per description."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._libraries: dict[int, Definitions] = {}

    def check(self, job: dict[str, Any]) -> dict[str, Any]:
        """The answer to a job; whatever goes wrong is a reason, never drift."""
        try:
            value = _json(job["body"], job["charset"])
            if value is None:
                return {"errors": [["", "json", ""]]}
            return {"errors": self._errors(job, value[0])}
        except Unchecked as e:
            return {"unchecked": str(e)}
        except RecursionError:
            return {"unchecked": "recursion"}
        except MemoryError:
            return {"unchecked": "size"}
        except EOFError:
            raise
        except Exception:
            return {"unchecked": "schema"}

    def _errors(self, job: dict[str, Any], value: Any) -> list[tuple[str, str, str]]:
        from jsonschema_path import SchemaPath
        from openapi_core.validation.response import validators as core
        from openapi_core.validation.schemas.factories import SchemaValidatorsFactory

        from auditor.prober.schema_keywords import DIALECTS, KnownOperation, validator_class

        if (job["schema_dialect"] or "").rstrip("#") not in DIALECTS | {""}:
            raise Unchecked("dialect")
        known = self._libraries.setdefault(job["library"], Definitions(self._channel))
        known.needs = 0
        # Inside an allOf, so that what stands beside a `$ref` of the outermost schema is seen as well.
        content = {"application/json": {"schema": {"allOf": [known.take(job["schema"], job["file"])]}}}
        view = {
            "openapi": job["dialect"], "jsonSchemaDialect": job["schema_dialect"] or "", "d": known,
            "operation": {"responses": {"200": {"content": content}}},
        }  # fmt: skip
        checkers = {"3.1": core.V31ResponseDataValidator, "3.2": core.V32ResponseDataValidator}
        validator = checkers.get(job["dialect"], core.V30ResponseDataValidator)(
            SchemaPath.from_dict(view, separator="\0", handlers={}), path_finder_cls=KnownOperation,
            schema_validators_factory=SchemaValidatorsFactory(validator_class(job["dialect"])),
            extra_media_type_deserializers={"application/json": lambda _: value},
        )  # fmt: skip
        request = SimpleNamespace(host_url="", path="/", method="get")
        response = SimpleNamespace(status_code=200, data=b"-", content_type="application/json", headers={})
        found = []
        for error in validator.iter_errors(request, response):
            inner = getattr(error.__cause__, "schema_errors", None)
            if inner is None:
                raise Unchecked("schema")
            found += [_place(e) for e in inner if not _unsayable(job["dialect"], e)]
        return list(dict.fromkeys(found))[:MAX_ERRORS]


def _unsayable(dialect: str, error: Any) -> bool:
    """Swagger 2.0 has no word for null: a null inside the body is no drift there."""
    return dialect == "2.0" and error.instance is None and bool(error.absolute_path)


def _place(error: Any) -> tuple[str, str, str]:
    tokens = (str(t).replace("~", "~0").replace("/", "~1") for t in error.absolute_path)
    return "".join(f"/{t}" for t in tokens), str(error.validator or "false"), _detail(error)


def _detail(error: Any) -> str:
    """`string|null integer`: the types that the schema allows and the one that came; never a value."""
    if error.validator != "type":
        return ""
    wanted = error.validator_value
    allowed = [wanted] if isinstance(wanted, str) else list(wanted)
    sent = next((name for types, name in _TYPES if isinstance(error.instance, types)), "null")
    return f"{'|'.join(allowed)} {sent}" if allowed and _TYPE_NAMES.issuperset(allowed) else ""


_TYPES: tuple[tuple[Any, str], ...] = (
    (bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (list, "array"), (dict, "object"),
)  # fmt: skip
"""Python's types of JSON values; a bool is an int, too."""
_TYPE_NAMES = frozenset({name for _, name in _TYPES} | {"null"})


def _json(body: bytes, charset: str | None) -> tuple[Any] | None:
    """The value of a JSON text, or None where it is none (RFC 8259); Unchecked where its octets cannot be read."""
    try:
        if charset in (None, "utf-8", "utf8"):
            return (json.loads(body),)
        return (json.loads(body.decode(charset or "utf-8")),)
    except json.JSONDecodeError:
        return None
    except (ValueError, LookupError) as e:
        raise Unchecked("encoding") from e


def _limit() -> None:
    """A bound that holds even without a parent: processor time and memory, where the system knows them."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _allow_time() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        until = int(used.ru_utime + used.ru_stime) + MAX_CPU
        resource.setrlimit(resource.RLIMIT_CPU, (until, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def main() -> None:
    """Serves jobs until the parent closes our standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit()
    channel = Channel(sys.stdin.buffer, sys.stdout.buffer)
    # Imported before the clock of the first job runs.
    import_module("openapi_core.validation.response.validators")
    import_module("auditor.prober.schema_keywords")
    bodies = Bodies(channel)
    channel.send({"ready": True})
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            job = channel.receive()
            _allow_time()
            channel.send(bodies.check(job))


if __name__ == "__main__":
    main()
