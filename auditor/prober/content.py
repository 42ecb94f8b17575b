"""What a request of `inert` mode sends besides its head."""

from __future__ import annotations

from dataclasses import dataclass

from auditor.model.exchange import Form
from auditor.prober.harmless import Clearance

ANNOUNCED = 16
"""Octets that an unfinished request announces, and of which it sends one (DIALECTS: stalljson)."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a request sends besides its head: why it may, and for how many seconds it is held open unfinished."""

    clearance: Clearance
    hold: float = 0.0

    @property
    def announced(self) -> int:
        return ANNOUNCED if self.clearance.form is Form.UNFINISHED else 1

    @property
    def octets(self) -> bytes:
        return b"x" if self.clearance.form is Form.UNKNOWN_TYPE else b"{"

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        return ("Content-Type", self.clearance.media_type), ("Content-Length", str(self.announced))

    @property
    def unfinished(self) -> bool:
        return self.announced > len(self.octets)
