"""What the controls say about a whole deployment: is it alive, does it distinguish, may its `Allow` be trusted?

Pure functions of knowledge and targets. Every check here threw out some real stack whose answers mislead; the comments
name it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from auditor.model.environment import Origin
from auditor.model.exchange import SURVEYS, Answer, Exchange, Form, Purpose
from auditor.model.knowledge import Knowledge
from auditor.model.methods import CONTROLS, Allow
from auditor.model.redirection import resolve
from auditor.prober.cached import from_cache
from auditor.prober.moved import Moved, moved
from auditor.prober.shut import is_shut
from auditor.prober.signature import VOLATILE_FIELDS, Signature, identity, is_gateway_page, signature
from auditor.prober.targets import Target
from auditor.prober.trust import Trust, allow_of, judge_trust

MISSING = frozenset({404, 410})
REFUSED = frozenset({405, 501})
TRANSIENT = frozenset({429, 502, 503, 504})
GATES = frozenset({401, 403, 407})
NOWHERE = Origin("http", "nowhere.invalid", 80)
"""Where a relative Location leads when only its path is looked at."""


class Calibration:
    """One environment's knowledge with everything derived from its controls; made anew for every wave."""

    def __init__(self, knowledge: Knowledge, targets: Sequence[Target]) -> None:
        self.knowledge = knowledge
        self.targets = targets
        self.by_path = {t.path: t for t in targets if t.path}

    # --- what was asked -------------------------------------------------------------------------------------------

    @cached_property
    def control(self) -> str:
        """The method nobody implements here; another once an Allow names the first (DESIGN §4), or it is shut out."""
        first, second = controls(self.targets)
        named = any(first in allow for a in self._own_answers for allow in [allow_of(a)] if allow)
        return second if named or is_shut(self.knowledge, first) else first

    @cached_property
    def _own_answers(self) -> list[Answer]:
        """All answers but those of surveys, on which no verdict rests."""
        return [e.answer for s, e in self.knowledge.slots.items() if e.answer and s.purpose not in SURVEYS]

    def on_path(self, target: Target, method: str) -> Answer | None:
        return self.knowledge.answer(Purpose.PATH, method, target.template)

    def on_sibling(self, target: Target, method: str) -> Answer | None:
        return self.knowledge.answer(Purpose.SIBLING, method, target.sibling) if target.sibling else None

    def on_twin(self, target: Target, method: str) -> Answer | None:
        return self.knowledge.answer(Purpose.TWIN, method, target.template)

    def exchange(
        self, purpose: Purpose, method: str, subject: str | None, ordinal: int = 0, form: Form = Form.PLAIN
    ) -> Exchange | None:
        return self.knowledge.exchange(purpose, method, subject, ordinal, form) if subject is not None else None

    # --- sameness -------------------------------------------------------------------------------------------------

    @cached_property
    def _repeats(self) -> list[tuple[Answer, Answer]]:
        """Pairs of answers to the same sibling: asked first, and again during the audit or at its end."""
        again = [
            (slot.subject, e.answer) for slot, e in self.knowledge.slots.items()
            if slot.purpose is Purpose.SIBLING and slot.method == "GET" and slot.ordinal and e.answer and e.answer.whole
        ]  # fmt: skip
        first = ((self.knowledge.answer(Purpose.SIBLING, "GET", subject), a) for subject, a in again)
        return [(a, b) for a, b in first if a is not None]

    @cached_property
    def volatile(self) -> bool:
        """The same unknown path got two different bodies: compare shapes from here on."""
        return any(a.status == b.status and a.body.masked != b.body.masked for a, b in self._repeats)

    @cached_property
    def ignored_fields(self) -> frozenset[str]:
        return frozenset(n for a, b in self._repeats if a.status == b.status for n in a.names ^ b.names)

    @cached_property
    def unstable(self) -> bool:
        """The controls at the end differ in status from those at the start (PROMISES P24), a cache's answers aside."""
        again = [
            (self.on_path(t, "GET"), self.knowledge.answer(Purpose.PATH, "GET", t.template, 1)) for t in self.targets
        ]
        pairs = [*self._repeats, *((a, b) for a, b in again if a is not None and b is not None)]
        own = ((a, b) for a, b in pairs if a.status != b.status and not (from_cache(a) or from_cache(b)))
        return any(not {a.status, b.status} & TRANSIENT for a, b in own)

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
    def framework_refuses(self) -> bool:
        """The control is refused before any handler: by a 405 with Allow, or as on a path that does not exist."""
        pairs = [(self.on_path(t, self.control), self.on_sibling(t, self.control)) for t in self.readable]
        asked = [(a, u) for a, u in pairs if a is not None]
        return bool(asked) and all(
            (a.status == 405 and allow_of(a) is not None)
            or (a.status in MISSING and u is not None and self.alike(a, u))
            for a, u in asked
        )

    @cached_property
    def readable(self) -> list[Target]:
        """Targets whose documented GET may be sent."""
        return [t for t in self.targets if t.path and "GET" in t.documented and not t.excluded & {"GET", "HEAD"}]

    @cached_property
    def gets_asked(self) -> bool:
        return all(self.exchange(Purpose.PATH, "GET", t.template) is not None for t in self.readable)

    @cached_property
    def handlers_speak_404(self) -> bool:
        """An object that cannot exist is answered exactly as a path that cannot: a 404 does not tell the two apart."""
        for target in self.targets:
            absent, unknown = (
                self.knowledge.answer(Purpose.ABSENT, "GET", target.template),
                self.on_sibling(target, "GET"),
            )
            routed = absent and unknown and absent.status in MISSING and self.good(target)
            if routed and absent and unknown and self.same(absent, unknown):
                return True
        return False

    def by_the_service(self, answer: Answer) -> bool:
        """Whether the program that answers 2xx here may have sent it: by identity fields, else by field names."""
        for good in (self.on_path(t, "GET") for t in self.goods):
            if good is None:
                continue
            if identity(good) and identity(good) == identity(answer):
                return True
            own = good.names - VOLATILE_FIELDS
            if not identity(good) and not identity(answer) and own == answer.names - VOLATILE_FIELDS:
                return good.body.media_type == answer.body.media_type
        return False

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
    def redirects_to(self) -> Moved | None:
        """Where every path, known or not, is sent."""
        subjects = dict.fromkeys(t.sibling for t in self.targets if t.sibling)
        unknown = [self.exchange(Purpose.SIBLING, "GET", subject) for subject in subjects]
        known = [self.exchange(Purpose.PATH, "GET", t.template) for t in self.targets]
        return moved([e for e in (*unknown, *known) if e is not None and e.answer is not None])

    @cached_property
    def sends_allow(self) -> bool:
        """Whether any answer carried an Allow."""
        return any(allow_of(a) for a in self._own_answers)

    # --- Allow ----------------------------------------------------------------------------------------------------

    @cached_property
    def allow_trust(self) -> Trust:
        """Whether this host's `Allow` may be believed; see `trust`."""
        return judge_trust(self)

    def claims(self, target: Target) -> list[Allow]:
        """What OPTIONS and the control's refusal say is allowed on this path."""
        answers = (self.on_path(target, m) for m in ("OPTIONS", self.control))
        return [allow for a in answers if a is not None for allow in [allow_of(a)] if allow is not None]

    @cached_property
    def refused_though_named(self) -> dict[str, Exchange]:
        """By method: a state-changing probe that was refused on a path whose Allow names its method."""
        by_template = {t.template: t for t in self.targets}
        found: dict[str, Exchange] = {}
        for slot, sent in self.knowledge.slots.items():
            target = by_template.get(slot.subject)
            if slot.form is Form.PLAIN or target is None or sent.answer is None:
                continue
            writers = [a for m in ("OPTIONS", self.control) for a in [self.on_path(target, m)] if a is not None]
            naming = [a for a in writers for allow in [allow_of(a)] if allow is not None and slot.method in allow]
            # A 403 of the program that wrote the Allow is about permission; another's is about the method.
            other = is_gateway_page(sent.answer) or all(not same_responder(a, sent.answer) for a in naming)
            foreign = sent.status == 403 and other
            if naming and (sent.status in REFUSED or foreign):
                found.setdefault(slot.method, sent)
        return found

    def filtered(self, target: Target) -> bool:
        """A method filter stands in front of whatever wrote the Allow: the control is refused by somebody else."""
        options, control = self.on_path(target, "OPTIONS"), self.on_path(target, self.control)
        if options is None or allow_of(options) is None:
            return False
        return control is None or control.status == 403 or (control.status == 405 and allow_of(control) is None)

    # --- path missing ---------------------------------------------------------------------------------------------

    def unknown_to_get(self, target: Target) -> bool:
        """GET is answered 404, as on the unknown sibling."""
        got, unknown = self.on_path(target, "GET"), self.on_sibling(target, "GET")
        return bool(got and unknown and got.status in MISSING and self.alike(got, unknown))

    @cached_property
    def options_suspicion(self) -> bool:
        """A path that GET does not know answers OPTIONS 404, too: it may be missing."""
        asked = ((self.on_path(t, "OPTIONS"), t) for t in self.targets)
        return any(a is not None and a.status in MISSING and self.unknown_to_get(t) for a, t in asked)

    @cached_property
    def telling_methods(self) -> list[str]:
        """Safe methods whose answer tells every path with a good GET from every path that cannot exist."""
        if len(self.goods) < 2:
            return []
        found = []
        for method in (self.control, "OPTIONS"):
            asked = [(t, a) for t in self.goods for a in [self.on_path(t, method)] if a]
            known = [a.status for _, a in asked]
            if any(got and self.alike(got, a) for t, a in asked for got in [self.on_path(t, "GET")]):
                continue  # answered like GET: by a handler that is blind to methods, or by a cache
            unknown = [a.status for a in self.siblings(method)]
            if len(known) >= 2 and unknown and set(unknown) <= MISSING and not set(known) & set(unknown):
                found.append(method)
        return found

    @cached_property
    def doubted_parents(self) -> frozenset[str]:
        """Paths of objects that another path's verdict needs to exist: an id that cannot exist is asked, too."""
        return frozenset(
            path
            for t in self.targets
            if t.guessed
            if self.on_path(t, "GET") is None or self.unknown_to_get(t)
            for path in t.guessed
        )

    def object_exists(self, target: Target) -> bool:
        """GET on it is good, and an object that cannot exist is answered differently."""
        got, absent = self.on_path(target, "GET"), self.knowledge.answer(Purpose.ABSENT, "GET", target.template)
        return bool(got and absent and self.good(target) and not self.same_page(got, absent))

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


def redirects_to_path(answer: Answer, path: str) -> bool:
    """Whether a 3xx sends to `path` on whatever origin it names; asked was its slash twin."""
    location = answer.value("location")
    if not 300 <= answer.status < 400 or location is None:
        return False
    target = resolve(location, NOWHERE, toggled(path))
    return target is not None and target.path == path


def toggled(path: str) -> str:
    """The path with its trailing slash added or taken away."""
    return path[:-1] if path.endswith("/") else path + "/"


def toggles_slash(answer: Answer, path: str) -> bool:
    """Whether a 3xx sends to the same path with its trailing slash added or taken away."""
    return redirects_to_path(answer, toggled(path))


def same_responder(a: Answer, b: Answer) -> bool:
    """Whether two answers come from one program: identity fields, media type and the set of its own field names."""
    own = VOLATILE_FIELDS | {"allow"}
    return identity(a) == identity(b) and a.body.media_type == b.body.media_type and a.names - own == b.names - own
