"""The first sentences of the index: what holds, and what is new. Pure wording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from auditor.differ.output.language import before_question, number, tr, trn
from auditor.differ.output.site.standing import CARE, GOOD, HOLD, TONES, UNJUDGED
from auditor.differ.output.words import listing


def headline(counts: Mapping[str, int], unread: int) -> tuple[str, str, str]:
    """Word, sentence and tone: what holds, else what could not be judged; a pass only where that is all of it.

    `counts`: services by group. `unread`: runs that nobody can read.
    """
    all_, blind, unsure = sum(counts.values()), counts.get(UNJUDGED, 0), tr("Cannot say")
    if held := counts.get(HOLD, 0):
        said = _some(held, all_)
        if blind:
            said = trn(blind, "{said}, and {n} could not be judged", "{said}, and {n} could not be judged", said=said)
        return f"{tr('Hold')}:", said, TONES[HOLD]
    if blind:
        said = tr("about {some}", some=_some(blind, all_))
        if blind < all_:
            said = tr("{said}; none of the others holds", said=said)
        return unsure, said, TONES[UNJUDGED]
    if unread:
        said = trn(unread, "what {n} run found", "what {n} runs found")
        return f"{unsure}{before_question()}", said, TONES[UNJUDGED]
    if care := counts.get(CARE, 0):
        said = tr("{some} would bring faults along", some=_some(care, all_))
        return f"{tr('Promote with care')}:", said, TONES[CARE]
    return f"{tr('No service holds')}:", tr("all of them were judged"), TONES[GOOD]


def _some(some: int, of: int) -> str:
    return trn(of, "{some} of {n} service", "{some} of {n} services", some=number(some))


def lede(fresh: Sequence[tuple[str, int]], compared: int, of: int) -> str:
    """What is new since the night before: services by name, and how many errors each.

    `compared`: for how many `of` all services that is known.
    """
    if not compared:
        return tr("Nothing could be compared with the night before.")
    if not fresh and compared < of:
        said = ("{some} of {n} service could be compared with the night before: no error is new there.",
                "{some} of {n} services could be compared with the night before: no error is new there.")  # fmt: skip
        return trn(of, *said, some=number(compared))
    if not fresh:
        return tr("No error is new since the night before.")
    return trn(sum(n for _, n in fresh), "Since the night before {n} error is new, in {names}.",
               "Since the night before {n} errors are new, in {names}.",
               names=listing([name for name, _ in fresh], 3))  # fmt: skip
