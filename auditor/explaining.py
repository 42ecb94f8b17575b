"""What `auditor explain` prints: a rule, or the status 405, in full. Pure text from data."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from auditor.differ.catalogue import Rule
from auditor.differ.stacks import remedies, stacks
from auditor.model.finding import Side

STATUS = "405"

LOGS = (
    "Each request of auditor names itself: `User-Agent: auditor/VERSION (run ID)`. Search the access logs of gateway "
    "and service for that run: a request that the gateway logs and the service does not was answered in front."
)

SYMBOLS = (
    ("Go", "http.StatusMethodNotAllowed"), ("Ruby on Rails", ":method_not_allowed"),
    ("Symfony and Laravel", "Response::HTTP_METHOD_NOT_ALLOWED"), ("Python", "HTTPStatus.METHOD_NOT_ALLOWED"),
    (".NET", "HttpStatusCode.MethodNotAllowed"), ("Rust (http crate)", "StatusCode::METHOD_NOT_ALLOWED"),
    ("Java, HttpURLConnection", "HTTP_BAD_METHOD"), ("Java, servlets", "SC_METHOD_NOT_ALLOWED"),
    ("Java, Spring", "HttpStatus.METHOD_NOT_ALLOWED"), ("Angular", "HttpStatusCode.MethodNotAllowed"),
)  # fmt: skip
"""How languages and frameworks call the status 405."""

_CAUSES = (
    "high: The route exists, and the method was never registered on it, or no longer.",
    "high: A gateway, firewall or CDN lets only some methods pass; its answer is often 403, or a page of its own.",
    "medium: A redirect turned the method: a POST to a path without its final slash arrives as GET on another route.",
    "medium: The call went to another place: another environment, version or base path than the one that was meant.",
    "medium: A cache still answers with the 405 of an earlier build (RFC 9110 §15.1 lets it).",
    "low: The media type decides: the framework finds no handler for this Content-Type and says 405 instead of 415.",
    "low: A static file or page stands where the API should: its server knows GET and HEAD only.",
)
_DIAGNOSIS = (
    "`curl -i -X OPTIONS URL` shows what the path claims to allow, and the 405 itself must carry Allow. Compare with "
    "the same path and a method nobody implements (`curl -i -X REPORT URL`), and with a path beside it that does not "
    "exist: only what differs from both is the method's own answer. Ask the service behind the gateway the same way. "
    "`auditor audit` does all that, with safe methods, for every path and environment."
)
_FIXES = (
    "service, easy: Register the method on the route, or deploy the build that has it.",
    "gateway, easy: Let the method pass for this path.",
    "contract, easy: Take the operation out of the description, if it is gone for good.",
    "client, easy: Call the path as it is documented, slash and case included, and follow no redirect with a POST.",
)
_PREVENTION = (
    "Generate the routes and the gateway's list of methods from the description, audit each environment before a "
    "promotion, and pin what is served with `auditor lock`."
)


def explain(rule: Rule) -> str:
    """One rule in full."""
    parts = [f"{rule.id} ({rule.severity}, {rule.scope})", "", rule.title, ""]
    parts += [_wrapped("Symptom", rule.explanation), "", "Root causes"]
    parts += [_item(f"{c.likelihood}: {c.text}") for c in rule.root_causes]
    parts += ["", _wrapped("Diagnosis", rule.diagnosis), "", "Fixes"]
    parts += [_item(f"{f.side}, {f.effort}: {f.text}") for f in rule.fixes]
    parts += ["", _wrapped("Prevention", rule.prevention), "", _wrapped("In the logs", LOGS)]
    parts += ["", _wrapped("Source", rule.source)]
    if rule.silenced_by:
        parts += ["", _wrapped("Silent where", ", ".join(rule.silenced_by) + " says it already")]
    typed = [f"{stack.name}: {text}" for stack, text in remedies(rule.id, stacks())]
    if typed:
        parts += ["", "On your stack", *map(_item, typed)]
    return "\n".join(parts) + "\n"


def status() -> str:
    """The status 405 in full: the troubleshooting guide."""
    parts = ["405 Method Not Allowed", "", "The path is known, and does not support the method.", ""]
    parts += [_wrapped("Symptom", "Callers are answered 405, while the description lists the operation, or the same "
                                  "call works in another environment."), ""]  # fmt: skip
    parts += ["Root causes", *map(_item, _CAUSES), "", _wrapped("Diagnosis", _DIAGNOSIS), ""]
    parts += ["Fixes", *map(_item, _FIXES), "", _wrapped("Prevention", _PREVENTION), ""]
    parts += [_wrapped("In the logs", LOGS), *map(_item, _logs())]
    parts += ["", _wrapped("Source", "RFC 9110 §15.5.6 (405), §10.2.1 (Allow), §9.1 (methods)."), ""]
    parts += ["In your language", *(_item(f"{where}: `{symbol}`") for where, symbol in _symbols())]
    parts += ["", "On your stack", *map(_item, _typed())]
    return "\n".join(parts) + "\n"


def _logs() -> Iterator[str]:
    return (f"{s.name}: {s.logs}" for s in stacks())


def _typed() -> Iterator[str]:
    for stack in stacks():
        rule = "documented-method-missing" if stack.side is Side.SERVICE else "gateway-blocks-method"
        yield from (f"{stack.name}: {text}" for _, text in remedies(rule, (stack,)))
        yield f"{stack.name}, its routes: {stack.routes}"


def _symbols() -> Iterable[tuple[str, str]]:
    return (*SYMBOLS, *((s.name, s.symbol) for s in stacks()))


def _wrapped(head: str, text: str) -> str:
    return head + "\n" + textwrap.fill(text, 100, initial_indent="  ", subsequent_indent="  ",
                                       break_long_words=False, break_on_hyphens=False)  # fmt: skip


def _item(text: str) -> str:
    return textwrap.fill(text, 100, initial_indent="  - ", subsequent_indent="    ", break_long_words=False,
                         break_on_hyphens=False)  # fmt: skip
