"""What is known of one environment so far: a pure fold over exchanges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from auditor.model.exchange import Answer, Exchange, Form, Purpose, Slot


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Exchanges of one environment by slot. Immutable; `learn` makes the next one."""

    environment: str
    slots: Mapping[Slot, Exchange] = field(default_factory=lambda: MappingProxyType({}))

    def exchange(
        self, purpose: Purpose, method: str, subject: str, ordinal: int = 0, form: Form = Form.PLAIN,
        variant: str = "",
    ) -> Exchange | None:  # fmt: skip
        return self.slots.get(Slot(purpose, method, subject, ordinal, form, variant))

    def answer(
        self, purpose: Purpose, method: str, subject: str, ordinal: int = 0, form: Form = Form.PLAIN
    ) -> Answer | None:
        """The answer of that slot where it is whole enough to carry a verdict."""
        found = self.exchange(purpose, method, subject, ordinal, form)
        return found.answer if found and found.answer and found.answer.whole else None

    def in_order(self) -> list[Exchange]:
        return sorted(self.slots.values(), key=lambda e: e.seq)


def learn(knowledge: Knowledge, exchanges: Iterable[Exchange]) -> Knowledge:
    """Knowledge with a wave of exchanges added.

    Answers are final: a later exchange replaces a slot only where the earlier one failed (DESIGN §10).
    """
    slots = dict(knowledge.slots)
    for exchange in exchanges:
        held = slots.get(exchange.probe.slot)
        if held is None or held.answer is None:
            slots[exchange.probe.slot] = exchange
    return Knowledge(knowledge.environment, MappingProxyType(slots))
