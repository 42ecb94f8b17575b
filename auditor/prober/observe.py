"""From what came over the wire to an Exchange: reduced, redacted, final (DESIGN §8, PROMISES P36, P37)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

from auditor.model.exchange import Answer, BodyTrace, Exchange, Failure, Probe, Purpose, ServedSpec
from auditor.prober import build_id
from auditor.prober.echo import ECHO, echoed
from auditor.prober.harvest import Wanted, harvest
from auditor.prober.redact import Redactor
from auditor.prober.signature import trace_body

MAX_FIELDS = 256
MAX_NAME = 500
MAX_VERSION = 60


class WireResult(Protocol):
    """What observe needs of a wire answer; see transport.WireAnswer."""

    @property
    def status(self) -> int | None: ...
    @property
    def http_version(self) -> str: ...
    @property
    def fields(self) -> list[tuple[bytes, bytes]]: ...
    @property
    def informational(self) -> list[int]: ...
    @property
    def body(self) -> bytes: ...
    @property
    def end(self) -> str: ...
    @property
    def notes(self) -> list[str]: ...
    @property
    def failure(self) -> Failure | None: ...
    @property
    def detail(self) -> str: ...
    @property
    def elapsed(self) -> float: ...
    @property
    def sent(self) -> tuple[tuple[str, str], ...]: ...


def exchange(
    probe: Probe, result: WireResult, seq: int, at: datetime, attempts: int, redactor: Redactor, *,
    keep_bodies: bool = False, build_header: str | None = None, build_pointer: str | None = None,
    observations: tuple[str, ...] = (), wanted: Sequence[Wanted] = (), served: ServedSpec | None = None,
) -> Exchange:  # fmt: skip
    """The Exchange of one probe. Nothing of `result` or of the `observations` on it survives unredacted."""
    sent = tuple((name, redactor.request_field(name, value)) for name, value in result.sent)
    answer = None
    if result.status is not None:
        answer = _answer(probe, result, redactor, keep_bodies, build_header)
    failure = None if answer is not None else (result.failure or Failure.INTERNAL)
    learnt = _learnt(result, answer, redactor, wanted)
    if probe.purpose is Purpose.BUILD:
        learnt, observations = _build(result, answer, redactor, build_pointer)
    return Exchange(
        probe=probe, seq=seq, at=timestamp(at), elapsed=round(result.elapsed, 4), attempts=attempts, sent_fields=sent,
        answer=answer, failure=failure, detail=redactor.text(result.detail)[:200],
        observations=tuple(redactor.text(o)[:200] for o in observations),
        learnt=learnt, served=_served(served, redactor) if served else None,
    )  # fmt: skip


def _served(served: ServedSpec, redactor: Redactor) -> ServedSpec:
    """Without secrets; nothing but names that are short enough to be names."""

    def texts(given: Sequence[str]) -> tuple[str, ...]:
        return tuple(redactor.text(t)[:MAX_NAME] for t in given)

    return ServedSpec(
        problem=redactor.text(served.problem)[:MAX_NAME], version=redactor.text(served.version)[:MAX_VERSION],
        bases=texts(served.bases), unread=texts(served.unread),
        operations=tuple((redactor.text(path)[:MAX_NAME], method) for path, method in served.operations),
    )  # fmt: skip


def _learnt(
    result: WireResult, answer: Answer | None, redactor: Redactor, wanted: Sequence[Wanted]
) -> tuple[tuple[str, str], ...]:
    """What a good answer names; never anything that looks like a secret."""
    if not wanted or answer is None or not answer.whole or not 200 <= answer.status < 300:
        return ()
    encoding = next((v.decode("latin-1") for n, v in result.fields if n.lower() == b"content-encoding"), None)
    return tuple(pair for pair in harvest(result.body, encoding, wanted) if redactor.text(pair[1]) == pair[1])


def _build(
    result: WireResult, answer: Answer | None, redactor: Redactor, pointer: str | None
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """The build that the answer names, as what was learnt of it; else why it names none."""
    if answer is None or answer.status != 200:
        return (), ()
    if answer.end != "complete":
        return (), (f"its content is not whole ({answer.end})",)
    encoding = next((v.decode("latin-1") for n, v in result.fields if n.lower() == b"content-encoding"), None)
    value, why = build_id.read(result.body, encoding, answer.body.media_type, pointer, redactor.body_text)
    return (((build_id.PLACE, value),), ()) if value is not None else ((), (why,))


def timestamp(at: datetime) -> str:
    """UTC ISO 8601 with milliseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _answer(
    probe: Probe, result: WireResult, redactor: Redactor, keep_bodies: bool, build_header: str | None
) -> Answer:
    plain = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in result.fields[:MAX_FIELDS]]
    fields = tuple((redactor.text(n)[:100], _field(n, v, redactor, build_header)) for n, v in plain)
    first = {n.lower(): v for n, v in reversed(plain)}
    media = redactor.text(first.get("content-type", "")).split(";")[0].strip().lower()[:100]
    return Answer(
        status=result.status or 0,
        fields=fields,
        body=_body(probe, result, redactor, media, first.get("content-encoding"), keep_bodies),
        http_version=result.http_version,
        informational=tuple(result.informational),
        end=result.end,
        notes=_notes(probe, result, media),
    )


def _notes(probe: Probe, result: WireResult, media: str) -> tuple[str, ...]:
    back = echoed(probe.method, result.status, media, result.body, result.sent)
    return (*result.notes, ECHO) if back else tuple(result.notes)


def _field(name: str, value: str, redactor: Redactor, build_header: str | None) -> str | None:
    if build_header and name.lower() == build_header.lower():
        return build_id.fitting(value, redactor.text)[0]
    return redactor.response_field(name, value)


def _body(
    probe: Probe, result: WireResult, redactor: Redactor, media: str, encoding: str | None, keep_bodies: bool
) -> BodyTrace:
    keeps_text = (result.status or 0) >= 400 or keep_bodies

    def text(plain: str) -> str | None:
        return redactor.body_text(plain) if keeps_text else None

    return trace_body(result.body, media, encoding, probe.target, text, redactor.text)
