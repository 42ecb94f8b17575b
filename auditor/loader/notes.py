"""What was odd in a description: collected, capped, and given lines at the end."""

from __future__ import annotations

from dataclasses import replace

from auditor.errors import DescriptionError
from auditor.loader.document import Document
from auditor.loader.lines import lines_of
from auditor.model.contract import SpecWarning

MAX_WARNINGS = 500


class Notes:
    """Warnings in the order found, each once; after 500 only counted."""

    def __init__(self, thorough: bool = False) -> None:
        self.thorough = thorough
        """Whether large files, too, are searched for what nothing but a warning would come of."""
        self._found: dict[SpecWarning, Document | None] = {}
        self._more = 0

    def add(self, message: str, document: Document, pointer: str | None = None, line: int | None = None) -> None:
        """Keep one warning; `pointer` is a JSON pointer in `document`."""
        self._keep(SpecWarning(message, document.file, pointer, line), document)

    def take(self, document: Document) -> None:
        """The notes that parsing left, once."""
        for line, message in document.tree.notes:
            self._keep(SpecWarning(message, document.file, None, line), None)
        document.tree.notes.clear()

    def _keep(self, warning: SpecWarning, document: Document | None) -> None:
        if warning in self._found:
            return
        if len(self._found) < MAX_WARNINGS:
            self._found[warning] = document
        else:
            self._more += 1

    def finish(self, source: str) -> tuple[SpecWarning, ...]:
        """All warnings; those with a pointer and no line get one where the file is small enough to look."""
        wanted: dict[Document, set[str]] = {}
        for warning, document in self._found.items():
            if document is not None and document.text is not None and warning.line is None and warning.pointer:
                wanted.setdefault(document, set()).add(warning.pointer)
        found = {d: lines_of(d.text or "", pointers) for d, pointers in wanted.items()}
        done = [
            replace(w, line=found[d][w.pointer]) if d in found and w.pointer in found[d] and w.line is None else w
            for w, d in self._found.items()
        ]
        if self._more:
            done.append(SpecWarning(f"{self._more:,} further warnings are not listed", source))
        return tuple(done)


def refuse(warnings: tuple[SpecWarning, ...], source: str) -> DescriptionError:
    """`--strict`: the first warnings as one error of at most 20 lines."""
    shown = [w.text for w in warnings[:15]]
    more = [f"and {len(warnings) - 15:,} more"] if len(warnings) > 15 else []
    count = f"{len(warnings):,} warning{'s' if len(warnings) != 1 else ''}"
    return DescriptionError(f"has {count}, and --strict is set:", where=source, listed=shown + more)
