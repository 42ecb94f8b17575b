"""Is everything here, known or not, sent to one other place?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from auditor.model.environment import Environment, Origin
from auditor.model.exchange import Answer, Exchange
from auditor.model.redirection import Target, resolve


class Moved(NamedTuple):
    """Where every path is sent: `new` stands there for `old` at the beginning of each, or all get one `page`."""

    origin: Origin
    status: int
    old: str = ""
    new: str = ""
    page: str | None = None
    whole: bool = True
    """False: the paths there follow no rule that could be seen."""

    def text(self, environment: Environment) -> str:
        """The base URL that has what this one should have, or the address of the page."""
        if self.page is not None:
            return self.origin.text + self.page
        base = environment.base_path
        if not self.whole or not f"{base}/".startswith(f"{self.old}/"):
            return self.origin.text
        return self.origin.text + self.new + base[len(self.old) :]


def moved(exchanges: Sequence[Exchange]) -> Moved | None:
    """What the answers to documented and unknown paths have in common, if all of them are redirects.

    A slash added to every path is no other place: what is served is one step away, and judged there.
    """
    pairs = [(e, e.answer, _target(e, e.answer)) for e in exchanges if e.answer is not None]
    found = [(e.probe.target.partition("?")[0], t) for e, _, t in pairs if t is not None]
    origins = {t.origin for _, t in found}
    if len(found) < max(2, len(pairs)) or len(origins) != 1:
        return None
    status = pairs[0][1].status
    origin, own = origins.pop(), pairs[0][0].probe.origin
    heads = {_heads(asked, target.path) for asked, target in found}
    pages = {target.path for _, target in found}
    if len(heads) == 1 and (swapped := next(iter(heads))) is not None:
        return Moved(origin, status, *swapped)
    if len(pages) == 1 and None not in pages and len({asked for asked, _ in found}) > 1:
        return Moved(origin, status, page=pages.pop())
    # No rule can be told from these; on another origin it is another place all the same.
    return Moved(origin, status, whole=False) if origin != own else None


def is_sent_away(answer: Answer, origin: Origin, path: str) -> bool:
    """Whether a 3xx sends to the same path of another origin: a gateway's doing, whatever the method."""
    location = answer.value("location")
    if not 300 <= answer.status < 400 or location is None:
        return False
    target = resolve(location, origin, path)
    return target is not None and target.origin != origin and target.path == path


def _target(exchange: Exchange, answer: Answer) -> Target | None:
    location = answer.value("location")
    if not 300 <= answer.status < 400 or location is None:
        return None
    return resolve(location, exchange.probe.origin, exchange.probe.target.partition("?")[0])


def _heads(asked: str, target: str | None) -> tuple[str, str] | None:
    """What is left of both paths without the segments that they share at the end; None where they share none."""
    if target is None:
        return None
    here, there = asked.split("/"), target.split("/")
    shared = 0
    while shared < min(len(here), len(there)) - 1 and here[-1 - shared] == there[-1 - shared]:
        shared += 1
    if shared == 0 or not any(here[len(here) - shared :]):
        return None
    return "/".join(here[: len(here) - shared]), "/".join(there[: len(there) - shared])
