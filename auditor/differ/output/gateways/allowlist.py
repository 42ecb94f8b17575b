"""What a contract lets through: the methods of every documented path, in the order in which a router must ask.

Templates come from a description, which may be hostile: whatever is not a plain character reaches a configuration only
as an escape of a regular expression.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote_to_bytes

from auditor.differ.output.escape import visible
from auditor.model.contract import Contract
from auditor.model.environment import Environment
from auditor.model.methods import method_order
from auditor.model.templates import Part, Segment, anonymous, split_template

_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_~-:@,=")
"""Octets that mean themselves in every regular expression and in every configuration language here."""
REFUSAL = "Not in the contract"
"""The content of a refusal; not `Method Not Allowed`, which frameworks send whose Allow is incomplete."""
_METHOD = re.compile(r"[A-Z][A-Z0-9_-]{0,39}\Z")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_RESERVED = frozenset(b"!$&'()*+,;=:@")
"""What may stand in a segment both as it is and percent-encoded (RFC 3986 §3.3)."""
_BEYOND = re.compile(r"\\x[89a-f][0-9a-f]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One documented path below the environment's base path. `methods`: what may pass, in the usual order.

    `above`: entries that are asked before it and could be taken for it, because their paths fit this template, too.
    """

    template: str
    methods: tuple[str, ...]
    above: tuple[Entry, ...] = ()

    @property
    def allow(self) -> str:
        """The methods as an Allow field (RFC 9110 §10.2.1)."""
        return ", ".join(self.methods)

    @property
    def decoded(self) -> str:
        """An anchored regular expression over the octets of the percent-decoded path."""
        return f"^{self._pattern(_literal)}$"

    @property
    def text(self) -> str | None:
        """`decoded` for matchers that compare characters; None where a character could not be shown as it is."""
        pattern = re.sub(r"(?:\\x[89a-f][0-9a-f])+", _letters, self._pattern(_literal))
        return None if _BEYOND.search(pattern) else f"^{pattern}$"

    @property
    def encoded(self) -> str:
        """The same for a path as it stands in the request line, where a character may be percent-encoded or not."""
        return f"^{self.whole}$"

    @property
    def whole(self) -> str:
        """`encoded` without anchors, for matchers that always compare the whole path."""
        return self._pattern(_either)

    @property
    def clashes(self) -> tuple[Entry, ...]:
        """Entries above that let something through which this one refuses."""
        return tuple(e for e in self.above if set(e.methods) - set(self.methods))

    def _pattern(self, written: Callable[[int], str]) -> str:
        return "".join("/" + _segment(s, written) for s in split_template(self.template))


@dataclass(frozen=True, slots=True)
class AllowList:
    """All entries, the most specific first, and what is to be said about them."""

    title: str
    environment: str
    run: str
    entries: tuple[Entry, ...]
    cors: bool
    left: tuple[str, ...] = ()

    @property
    def sets(self) -> tuple[tuple[str, ...], ...]:
        """The different lists of methods, in the order of their first use."""
        return tuple(dict.fromkeys(e.methods for e in self.entries))

    def notes(self) -> tuple[str, ...]:
        """What a reader of the configuration must know, a sentence a line."""
        options = (
            "OPTIONS is let through everywhere, for the preflights of browsers (CORS)." if self.cors else
            "OPTIONS is let through where it is documented; --cors lets it through everywhere, for the preflights of "
            "browsers."
        )  # fmt: skip
        return (
            f"The methods that {visible(self.title, 100)} documents, for {visible(self.environment, 100)} "
            f"(auditor, run {self.run}).",
            f"HEAD goes with GET. {options}",
            "A path that is not documented is not touched; nor is a documented one with a slash more or less.",
            *(f"LEFT OUT: {visible(text, 300)}" for text in self.left),
        )

    def without(self, left: Iterable[tuple[Entry, str]]) -> AllowList:
        """Without the entries that a gateway cannot express; the reasons become notes."""
        gone = {e.template: why for e, why in left}
        kept = tuple(e for e in self.entries if e.template not in gone)
        return replace(self, entries=kept, left=(*self.left, *(f"{t}: {why}" for t, why in gone.items())))


def allow_list(contract: Contract, environment: Environment, run: str, cors: bool) -> AllowList:
    """What the contract says may pass to this environment."""
    by_form: dict[str, tuple[str, set[str]]] = {}
    elsewhere = 0
    for item in contract.paths:
        template = environment.base_path + item.template
        methods = {o.method for o in item.operations if o.server is None}
        elsewhere += len(item.operations) - len(methods)
        if methods:
            by_form.setdefault(anonymous(template), (template, set()))[1].update(methods)
    left = []
    if elsewhere == 1:
        left.append("1 operation that the description puts on another server")
    elif elsewhere:
        left.append(f"{elsewhere} operations that the description puts on other servers")
    entries: list[Entry] = []
    for template, found in sorted(by_form.values(), key=lambda e: (_specificity(e[0]), e[0])):
        odd = sorted(m for m in found if not _METHOD.match(m))
        if odd:  # without it a documented method would be refused, so the path is left alone
            left.append(f"{template}: {odd[0]} is no method that every gateway can be told of")
            continue
        methods = found | ({"HEAD"} if "GET" in found else set()) | ({"OPTIONS"} if cors else set())
        above = tuple(replace(e, above=()) for e in entries if _overlap(e.template, template))
        entries.append(Entry(template, tuple(sorted(methods, key=method_order)), above))
    return AllowList(contract.title, environment.name, run, tuple(entries), cors, tuple(left))


def numbered(entries: Sequence[Entry]) -> list[tuple[int, Entry]]:
    """The entries counted from 1."""
    return list(enumerate(entries, 1))


def _specificity(template: str) -> tuple[int, ...]:
    """Sort key: literal segments before mixed ones, before parameters, before those that span segments."""
    return tuple(3 if s.spans else 0 if s.is_literal else 2 if s.is_parameter else 1 for s in split_template(template))


def _overlap(one: str, other: str) -> bool:
    """Whether some path may fit both templates; doubtful cases do."""
    a, b = split_template(one), split_template(other)
    for first, second in zip(a, b, strict=False):
        if first.spans or second.spans:
            return True
        if first.is_literal and second.is_literal:
            if first.text != second.text:
                return False
        elif first.is_literal:
            if not second.admits(first.text):
                return False
        elif second.is_literal and not first.admits(second.text):
            return False
    return len(a) == len(b)


def _segment(segment: Segment, written: Callable[[int], str]) -> str:
    parameter = ".+" if segment.spans else "[^/]+"
    return "".join(
        parameter if p.is_parameter else "".join(map(written, unquote_to_bytes(p.text))) for p in _joined(segment.parts)
    )


def _joined(parts: tuple[Part, ...]) -> Iterable[Part]:
    """Parameters without text between them are one: `{a}{b}` is any two characters or more, and as good as any."""
    before = False
    for part in parts:
        if not (part.is_parameter and before):
            yield part
        before = part.is_parameter


def _letters(found: re.Match[str]) -> str:
    """Escaped octets as the letters that they are in UTF-8, or as they were."""
    try:
        text = bytes.fromhex(found[0].replace("\\x", "")).decode()
    except UnicodeDecodeError:
        return found[0]
    return text if text.isalnum() else found[0]


def _literal(octet: int) -> str:
    return chr(octet) if octet in _PLAIN else r"\." if octet == 0x2E else f"\\x{octet:02x}"


def _either(octet: int) -> str:
    """The octet as a client may write it: as it is, percent-encoded, or in either way."""
    encoded = "%" + "".join(d if d.isdigit() else f"[{d}{d.lower()}]" for d in f"{octet:02X}")
    if octet in _UNRESERVED or octet == 0x2F:
        return _literal(octet)
    return f"(?:{_literal(octet)}|{encoded})" if octet in _RESERVED else encoded
