"""What the controls say about a whole deployment: is it alive, does it distinguish, may its `Allow` be trusted?

Pure functions of knowledge and targets. Every check here threw out some real stack whose answers mislead; the comments
name it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from auditor.model.exchange import Answer, Exchange, Purpose
from auditor.model.knowledge import Knowledge
from auditor.model.methods import CONTROLS, CORE, Allow, parse_allow
from auditor.prober.signature import Signature, identity, signature
from auditor.prober.targets import Target

MISSING = frozenset({404, 410})
REFUSED = frozenset({405, 501})
TRANSIENT = frozenset({429, 502, 503, 504})
GATES = frozenset({401, 403, 407})

_SHORT_ALLOW_BODIES = frozenset({'{"detail":"Method Not Allowed"}', "Method Not Allowed"})


@dataclass(frozen=True, slots=True)
class Trust:
    """Whether this host's `Allow` may be believed, and the sentence that says why (not).

    `refuted`: a lie was seen, so that no further answer can help.
    """

    trusted: bool
    why: str
    refuted: bool = False


class Calibration:
    """One environment's knowledge with everything derived from its controls; made anew for every wave."""

    def __init__(self, knowledge: Knowledge, targets: Sequence[Target]) -> None:
        self.knowledge = knowledge
        self.targets = targets
        self.by_path = {t.path: t for t in targets if t.path}

    # --- what was asked -------------------------------------------------------------------------------------------

    @cached_property
    def control(self) -> str:
        """The method nobody implements here; another one once an Allow has named the first (DESIGN §4)."""
        first, second = controls(self.targets)
        named = any(first in allow for e in self.knowledge.slots.values() if e.answer
                    for allow in [allow_of(e.answer)] if allow)  # fmt: skip
        return second if named else first

    def on_path(self, target: Target, method: str) -> Answer | None:
        return self.knowledge.answer(Purpose.PATH, method, target.template)

    def on_sibling(self, target: Target, method: str) -> Answer | None:
        return self.knowledge.answer(Purpose.SIBLING, method, target.sibling) if target.sibling else None

    def on_twin(self, target: Target, method: str) -> Answer | None:
        return self.knowledge.answer(Purpose.TWIN, method, target.template)

    def exchange(self, purpose: Purpose, method: str, subject: str | None, ordinal: int = 0) -> Exchange | None:
        return self.knowledge.exchange(purpose, method, subject, ordinal) if subject is not None else None

    # --- sameness -------------------------------------------------------------------------------------------------

    @cached_property
    def _repeats(self) -> list[tuple[Answer, Answer]]:
        """Pairs of answers to the same sibling, asked first and last."""
        pairs = []
        for sibling in {t.sibling for t in self.targets if t.sibling}:
            first = self.knowledge.answer(Purpose.SIBLING, "GET", sibling)
            again = self.knowledge.answer(Purpose.SIBLING, "GET", sibling, 1)
            if first and again:
                pairs.append((first, again))
        return pairs

    @cached_property
    def volatile(self) -> bool:
        """The same unknown path got two different bodies: compare shapes from here on."""
        return any(a.status == b.status and a.body.masked != b.body.masked for a, b in self._repeats)

    @cached_property
    def ignored_fields(self) -> frozenset[str]:
        return frozenset(n for a, b in self._repeats if a.status == b.status for n in a.names ^ b.names)

    @cached_property
    def unstable(self) -> bool:
        """The controls at the end differ in status from those at the start (PROMISES P24)."""
        moved = any(a.status != b.status and 429 not in (a.status, b.status) for a, b in self._repeats)
        again = [
            (self.on_path(t, "GET"), self.knowledge.answer(Purpose.PATH, "GET", t.template, 1)) for t in self.targets
        ]
        return moved or any(a and b and a.status != b.status and 429 not in (a.status, b.status) for a, b in again)

    def sig(self, answer: Answer) -> Signature:
        return signature(answer, by_shape=self.volatile, ignore=self.ignored_fields)

    def same(self, a: Answer, b: Answer) -> bool:
        """The same answer, field names included."""
        return self.sig(a) == self.sig(b)

    def alike(self, a: Answer, b: Answer) -> bool:
        """The same status, media type and body: for answers to different methods."""
        return self.sig(a).core == self.sig(b).core

    def same_page(self, a: Answer, b: Answer) -> bool:
        """For two 2xx answers: equal, or at least of one shape (stamped pages differ in their text)."""
        if self.alike(a, b):
            return True
        return (a.status, a.body.media_type, a.body.shape) == (b.status, b.body.media_type, b.body.shape)

    # --- the host as a whole --------------------------------------------------------------------------------------

    def good(self, target: Target) -> bool:
        """GET is answered 2xx, and not as an unknown path would be."""
        got, unknown = self.on_path(target, "GET"), self.on_sibling(target, "GET")
        if got is None or not 200 <= got.status < 300 or got.body.login_form:
            return False
        return unknown is not None and not (200 <= unknown.status < 300 and self.same_page(got, unknown))

    @cached_property
    def goods(self) -> list[Target]:
        return [t for t in self.targets if self.good(t)]

    def siblings(self, method: str) -> list[Answer]:
        found = (self.knowledge.answer(Purpose.SIBLING, method, s)
                 for s in dict.fromkeys(t.sibling for t in self.targets if t.sibling))  # fmt: skip
        return [a for a in found if a is not None]

    def routed_by_refusal(self, target: Target) -> bool:
        """The control gets 405/501 here and a plain 404 on the sibling: this host routes the path before the method."""
        control, unknown = self.on_path(target, self.control), self.on_sibling(target, self.control)
        return bool(control and unknown and control.status in REFUSED and unknown.status in MISSING)

    @cached_property
    def alive(self) -> bool:
        """Something here answers differently from what does not exist: the base path is right."""
        return bool(self.goods) or any(self.routed_by_refusal(t) or self._distinct(t) for t in self.targets)

    def _distinct(self, target: Target) -> bool:
        got, unknown = self.on_path(target, "GET"), self.on_sibling(target, "GET")
        if not got or not unknown or got.status in TRANSIENT or unknown.status in TRANSIENT:
            return False
        return not self.same(got, unknown) and got.status not in GATES | MISSING

    @cached_property
    def blind(self) -> bool:
        """Somewhere here the control got what GET gets: this host's code runs whatever the method is."""
        pairs = [(self.on_path(t, "GET"), self.on_path(t, self.control)) for t in self.targets if self.good(t)]
        return any(got and control and self.alike(got, control) for got, control in pairs)

    @cached_property
    def readable(self) -> list[Target]:
        """Targets whose documented GET may be sent."""
        return [t for t in self.targets if t.path and "GET" in t.documented and not t.excluded & {"GET", "HEAD"}]

    @cached_property
    def gets_asked(self) -> bool:
        return all(self.exchange(Purpose.PATH, "GET", t.template) is not None for t in self.readable)

    @cached_property
    def controls_asked(self) -> bool:
        """The control was asked on every path that documents GET, or need not be: blindness would show by now."""
        asked = (self.exchange(Purpose.PATH, self.control, t.template) is not None for t in self.readable)
        return not self.alive or all(asked)

    @cached_property
    def catch_all(self) -> bool:
        return any(200 <= a.status < 300 for a in self.siblings("GET"))

    @cached_property
    def auth_wall(self) -> bool:
        """Unknown paths ask for credentials, and no documented path lets us in."""
        unknown = self.siblings("GET")
        return bool(unknown) and all(a.status in GATES or a.body.login_form for a in unknown) and not self.goods

    @cached_property
    def redirects_to(self) -> tuple[str, int] | None:
        """Where every path, known or not, is sent: origin text or path, and the status."""
        answers = self.siblings("GET") + [a for t in self.targets for a in [self.on_path(t, "GET")] if a]
        if not answers or not all(300 <= a.status < 400 and a.value("location") for a in answers):
            return None
        places = {_origin_of(a.value("location") or "") for a in answers}
        place = next(iter(places))
        return (place, answers[0].status) if len(places) == 1 and place else None

    @cached_property
    def sends_allow(self) -> bool:
        """Whether any answer carried an Allow."""
        return any(allow_of(e.answer) for e in self.knowledge.slots.values() if e.answer)

    # --- Allow ----------------------------------------------------------------------------------------------------

    @cached_property
    def allow_trust(self) -> Trust:
        """The checks that threw out FastAPI, connexion, Litestar, Tomcat, Jetty, Apache and cors()."""
        for method in ("OPTIONS", self.control):
            if any(allow.methods for a in self.siblings(method) for allow in [allow_of(a)] if allow):
                return Trust(False, "a path that does not exist is answered with an Allow, too", refuted=True)
        sets: set[frozenset[str]] = set()
        for target in self.targets:
            claims = [a for m in ("OPTIONS", self.control) for a in [self._claim(target, m)] if a is not None]
            lie = self._lie(target, claims)
            if lie:
                return Trust(False, lie, refuted=True)
            sets |= {frozenset(c.methods) for c in claims}
        if not sets:
            return Trust(False, "no answer carries an Allow")
        if max(len(s & set(CORE)) for s in sets) < 2 or len(sets) < 2:
            return Trust(False, "every Allow names one method only, as hosts do that list the first route alone")
        return Trust(True, "it agreed with every answer seen on this host, and no unknown path has one")

    def _claim(self, target: Target, method: str) -> Allow | None:
        answer = self.on_path(target, method)
        return allow_of(answer) if answer else None

    def _lie(self, target: Target, claims: list[Allow]) -> str | None:
        got = self.on_path(target, "GET")
        for claim in claims:
            if self.good(target) and "GET" not in claim:
                return f"GET {target.template} is served, but its Allow does not name GET"
            if got and got.status in REFUSED and "GET" in claim:
                return f"GET {target.template} answers {got.status}, but its Allow names GET"
        if len(claims) == 2:
            first, second = (frozenset(c.methods) - {"OPTIONS", "HEAD"} for c in claims)
            if first != second:
                return f"OPTIONS and 405 of {target.template} name different methods"
        refusal = self.on_path(target, self.control)
        if claims and refusal and refusal.status == 405 and (refusal.body.text or "") in _SHORT_ALLOW_BODIES:
            # Starlette's router answers from the first route whose path matches; a later route's methods are not named.
            return "the 405 is that of a router which names the first matching route's methods only"
        return None

    def filtered(self, target: Target) -> bool:
        """A method filter stands in front of whatever wrote the Allow: the control is refused by somebody else."""
        options, control = self.on_path(target, "OPTIONS"), self.on_path(target, self.control)
        if options is None or allow_of(options) is None:
            return False
        return control is None or control.status == 403 or (control.status == 405 and allow_of(control) is None)

    # --- path missing ---------------------------------------------------------------------------------------------

    @cached_property
    def telling_methods(self) -> list[str]:
        """Safe methods whose answer tells every path with a good GET from every path that cannot exist."""
        if len(self.goods) < 2:
            return []
        found = []
        for method in (self.control, "OPTIONS"):
            known = [a.status for t in self.goods for a in [self.on_path(t, method)] if a]
            unknown = [a.status for a in self.siblings(method)]
            if len(known) >= 2 and unknown and set(unknown) <= MISSING and not set(known) & set(unknown):
                found.append(method)
        return found

    def slash_redirect(self, target: Target) -> Answer | None:
        """The answer that sends this path to its slash twin, for GET or the control."""
        for method in ("GET", self.control):
            answer = self.on_path(target, method)
            if answer and target.twin and redirects_to_path(answer, target.twin):
                return answer
        return None


def controls(targets: Sequence[Target]) -> tuple[str, str]:
    """The two registered safe methods that no path documents: the control, and its stand-in."""
    documented = {m for t in targets for m in t.documented}
    free = [m for m in CONTROLS if m not in documented] or list(CONTROLS[-1:])
    return free[0], free[-1] if len(free) == 1 else free[1]


def allow_of(answer: Answer) -> Allow | None:
    """The Allow of an answer, all its field lines together."""
    return parse_allow(answer.values("allow"))


def redirects_to_path(answer: Answer, path: str) -> bool:
    """Whether a 3xx sends to `path` on whatever origin it names."""
    if not 300 <= answer.status < 400:
        return False
    location = answer.value("location") or ""
    without_origin = location.split("//", 1)[-1].partition("/")[1:] if "//" in location else ("", location)
    return "".join(without_origin) == path


def toggles_slash(answer: Answer, path: str) -> bool:
    """Whether a 3xx sends to the same path with its trailing slash added or taken away."""
    return redirects_to_path(answer, path[:-1] if path.endswith("/") else path + "/")


def _origin_of(location: str) -> str:
    """`https://host` of an absolute Location; empty for a relative one."""
    scheme, separator, rest = location.partition("://")
    return f"{scheme}://{rest.split('/', 1)[0]}" if separator else ""


def same_responder(a: Answer, b: Answer) -> bool:
    """Whether two answers come from one program, as far as the identity fields and the media type say."""
    return identity(a) == identity(b) and a.body.media_type == b.body.media_type
