"""What an exchange observed about its answer, read back (the grammar is that of prober/conformance)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.differ.evidence import names, verb
from auditor.differ.likely import high, other_builds, same_build
from auditor.differ.view import CellView, View
from auditor.model.finding import Occurrence, RootCause, Side


@dataclass(frozen=True, slots=True)
class Observed:
    """One observation. `kind`: status, media-type or body; `seen` is what came: a status, a media type, a pointer.

    `against` is what the description says: documented statuses or media types, or the keyword of the schema.
    """

    kind: str
    seen: str
    against: tuple[str, ...]
    detail: tuple[str, ...] = ()
    """Of a body that breaks `type`: the types the schema allows, and the one that came."""

    def text(self, status: int | None) -> str:
        """`202; documented: 200, 404`, `200 text/html; documented: application/json`, or what a body breaks."""
        if self.kind == "body":
            return f"body {self.seen} breaks its schema's {', '.join(self.against)}{self._broken()}"
        head = self.seen if self.kind == "status" else f"{status} {self.seen}".strip()
        return f"{head}; documented: {', '.join(self.against)}"

    @property
    def as_described(self) -> str:
        """What the service would send: `/total as string`; empty where that takes more than a word."""
        match self.kind, self.against, self.detail:
            case "media-type", documented, _:
                return " or ".join(documented)
            case _, ("type",), (wanted, _):
                return f"{self._where} as {wanted.replace('|', ' or ')}"
            case _, ("required",), _:
                return self._where
        return ""

    @property
    def as_sent(self) -> str:
        """What the description would say: `describe /total as integer`; empty where that takes more than a word."""
        match self.kind, self.against, self.detail:
            case "media-type", _, _:
                return f"document {self.seen}"
            case _, ("type",), (_, sent):
                return f"describe {self._where} as {sent}" if sent != "null" else f"let {self._where} be null"
            case _, ("required",), _:
                return f"take {self._where} out of `required`"
        return ""

    @property
    def _where(self) -> str:
        return "the body" if self.seen == "/" else self.seen

    def _broken(self) -> str:
        match self.against, self.detail:
            case ("type",), (wanted, sent):
                return f" ({sent} in place of {wanted.replace('|', ' or ')})"
            case ("required",), _:
                return " (missing)"
        return ""


def read(text: str) -> Observed | None:
    """An observation from its text; None where it says nothing about drift."""
    words = text.split(" ")
    match words:
        case ["status" | "media-type" as kind, seen, "documented", documented]:
            return Observed(kind, seen, tuple(documented.split(",")))
        case ["body", pointer, keyword]:
            return Observed("body", pointer, (keyword,))
        case ["body", pointer, "type", wanted, sent]:
            return Observed("body", pointer, ("type",), (wanted, sent))
    return None


@dataclass(frozen=True, slots=True)
class Drifting:
    """A cell whose answer is not what its operation promises."""

    cell: CellView
    observed: tuple[Observed, ...]

    @property
    def occurrence(self) -> Occurrence:
        own = (*self.cell.path.exchange(self.cell.method), *self.cell.cell.exchanges)
        detail = "; ".join(o.text(self.cell.status) for o in self.observed)
        return Occurrence(self.cell.environment.name, self.cell.method, tuple(dict.fromkeys(own)), detail)

    @property
    def key(self) -> str:
        return " ".join(f"{o.kind}:{o.seen}:{','.join(o.against)}" for o in self.observed)


def drifting(view: View, *kinds: str) -> Iterator[list[Drifting]]:
    """Each operation once, with the environments where such observations were made and may be believed."""
    for cells in view.cells():
        found = [Drifting(c, _observed(c, kinds)) for c in cells if _believable(c)]
        found = [d for d in found if d.observed]
        if found:
            yield found


def _observed(cell: CellView, kinds: tuple[str, ...]) -> tuple[Observed, ...]:
    texts: Sequence[str] = cell.path.facts.observations.get(cell.method, ())
    return tuple(o for o in map(read, texts) if o is not None and o.kind in kinds)


def _believable(cell: CellView) -> bool:
    """The method is served here, was asked as documented, and nothing stands in front that answers for it."""
    facts = cell.environment.facts
    if cell.operation is None or not cell.supported or not cell.observed or cell.status is None:
        return False
    if facts.catch_all or facts.auth_wall or facts.base_path_wrong or facts.redirects_to is not None:
        return False
    if cell.operation.unfilled or cell.method in cell.path.facts.unfilled:
        return False
    own = cell.environment.found(cell.path.exchange(cell.method))
    # Who is not logged in gets a form in place of the answer.
    return not any(e.answer and e.answer.body.login_form and "json" not in e.answer.body.media_type for e in own)


def only_here(view: View, found: Sequence[Drifting], *kinds: str) -> RootCause | None:
    """The likeliest cause where another environment answers the same operation as documented; else None."""
    here = [d.cell for d in found]
    contract = here[0].environment.result.environment.contract
    others = (c for c in view.everywhere(here[0]) if c not in here and _believable(c))
    others = (c for c in others if c.environment.result.environment.contract == contract)
    there = [c for c in others if _is_checked(c) and not _observed(c, kinds)]
    if not there:
        return None
    one, other = ([c.environment for c in cells] for cells in (here, there))
    what = "Data or settings" if same_build(one, other) else "Build, data or settings"
    differ = f"{what} of {names(here)} differ from those of {names(there)}{other_builds(one, other)}"
    return high(f"{differ}, which {verb(len(there), 'answers', 'answer')} as documented.", Side.SERVICE)


def _is_checked(cell: CellView) -> bool:
    """A success of the operation that was held against the description, as far as anything says."""
    texts = cell.path.facts.observations.get(cell.method, ())
    return cell.status is not None and 200 <= cell.status < 300 and not any(t.startswith("unchecked") for t in texts)


def in_words(found: Sequence[Drifting]) -> str:
    """The environments with their details: ` in dev: 202; …`, or one text where they agree."""
    texts = dict.fromkeys(d.occurrence.detail for d in found)
    if len(texts) == 1:
        return f"in {names(d.cell for d in found)}: {next(iter(texts))}"
    return "; ".join(f"in {d.cell.environment.name}: {d.occurrence.detail}" for d in found)
