"""What judging one cell yields, and the three ways to say it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from auditor.model.cell import Basis, Reason, Support
from auditor.model.exchange import Exchange, Failure
from auditor.prober.targets import Target

_MALFORMED = frozenset({Failure.PROTOCOL, Failure.CUT, Failure.TOO_MANY_1XX})


@dataclass(frozen=True, slots=True)
class Verdict:
    """Support with its basis, or a reason; and the exchanges it rests on."""

    support: Support
    basis: Basis | None = None
    reason: Reason | None = None
    why: str = ""
    exchanges: tuple[Exchange | None, ...] = ()

    def beside(self, own: Verdict | None) -> Verdict:
        """This verdict, with what the method itself was answered where that decided nothing: it is shown, too."""
        return self if own is None else replace(self, exchanges=(*self.exchanges, *own.exchanges))


def supported(why: str, *on: Exchange | None, basis: Basis = Basis.OBSERVED) -> Verdict:
    """Served, shown by these exchanges."""
    return Verdict(Support.SUPPORTED, basis, None, why, on)


def unsupported(why: str, *on: Exchange | None, basis: Basis = Basis.OBSERVED) -> Verdict:
    """Not served, shown by these exchanges."""
    return Verdict(Support.UNSUPPORTED, basis, None, why, on)


def undetermined(reason: Reason, why: str, *on: Exchange | None) -> Verdict:
    """Not known, for a reason of the closed list."""
    return Verdict(Support.UNDETERMINED, None, reason, why, on)


def no_path(target: Target) -> Verdict:
    """The path cannot be sent: a value is missing, or it may not be."""
    if target.templated:
        return undetermined(Reason.NO_KNOWN_OBJECT, "a path parameter has no value that could be sent")
    return undetermined(Reason.NO_HARMLESS_PROBE, "the path is excluded, or its dot segments would lead elsewhere")


def failed(sent: Exchange) -> Verdict:
    """The probe got no answer."""
    failure = sent.failure or Failure.INTERNAL
    if failure in _MALFORMED:
        return undetermined(Reason.MALFORMED_ANSWER, f"no valid HTTP answer ({failure})", sent)
    if failure is Failure.INTERNAL:
        return undetermined(Reason.NO_EVIDENCE, f"auditor itself failed on this probe ({sent.detail})", sent)
    if failure is Failure.FORBIDDEN:
        return undetermined(Reason.NO_HARMLESS_PROBE, "the guard did not let this request out", sent)
    if failure is Failure.CANCELLED:
        return undetermined(Reason.NOT_REACHED, "the audit was stopped while this was in flight", sent)
    return undetermined(Reason.UNREACHABLE, f"no answer ({failure})", sent)
