"""The small marks of a card: where, how sure, new or known, waived or not, whose."""

from __future__ import annotations

from auditor.differ.output.cards import Card, acceptance
from auditor.differ.output.language import tr

MAX_ACCEPTED = 3
"""Chips about waivers of other environments, or ended ones."""


def chips(card: Card) -> list[str]:
    """In the order in which they stand."""
    lead = card.lead
    found = [" · ".join(card.environments)] if card.environments else []
    found.append(tr(f"{lead.confidence} confidence"))
    statuses = {o.status for f in card.findings for o in f.occurrences if o.status}
    if "new" in statuses:
        found.append(tr("new"))
    elif "known" in statuses:
        since = min((o.first_seen for f in card.findings for o in f.occurrences if o.first_seen), default="")
        found.append(tr("known since {day}", day=since[:10]) if since else tr("known"))
    if card.waived:
        found.append(tr("waived"))
    found += acceptance(card)[:MAX_ACCEPTED]
    return found + ([str(lead.owner)] if lead.owner else [])
