"""The words that the index's script says, for a data attribute: it must not hold a language of its own."""

from __future__ import annotations

import json

from auditor.differ.output.language import tr, trn


def script_words(services: int) -> str:
    """By the keys that `site.js` asks for, which fills the gaps."""
    words = {
        "found": trn(services, "{some} of {n} service", "{some} of {n} services"),
        "sorted": tr("sorted by “{column}”"),
        "aged": tr("This page is {age} old: what it says may hold no longer. Run auditor site again."),
    }
    return json.dumps(words, ensure_ascii=False)
