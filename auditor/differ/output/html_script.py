"""The words that the page's script says, for a data attribute: it must not hold a language of its own."""

from __future__ import annotations

import json

from auditor.differ.output.language import tr


def script_words() -> str:
    """By the keys that `report.js` asks for; gaps such as `{n}` are filled there."""
    words = {
        "shown": tr(", {n} of them shown"),
        "environment": tr("environment"),
        "owner": tr("owner"),
        "clear": tr("Clear"),
        "nothing": tr("Nothing found for {asked}."),
        "found": tr("{paths} of {allPaths} paths, {cards} of {allCards} cards"),
        "copy": tr("Copy"),
        "copyText": tr("Copy as text"),
        "copied": tr("Copied"),
        "selected": tr("Selected: press Ctrl+C"),
    }
    return json.dumps(words, ensure_ascii=False)
