"""The truth of every stack of the zoo is what complete requests meet, and a write is what really changed something."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Mapping

import pytest

from tests.accuracy.measure import DESCRIPTIONS, params
from tests.servers import ALL, Server, Stack, start, workshop
from tests.servers.bookshop import METHODS
from tests.servers.workshop import acts
from tests.servers.zoo import ZOO

REFUSED = {403, 404, 405, 501}
CSRF = "c" * 32
WHOLE = {"title": "x", "price": 1, "bookId": 1, "quantity": 1, "text": "x", "colour": "x", "name": "x"}
FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--'
MULTIPART = "multipart/form-data; boundary=b"


@pytest.mark.parametrize("name", params([name for name in ZOO if not name.startswith("rate-limited")]))
def test_the_truth_is_what_complete_requests_meet(name: str) -> None:
    stack = ALL[name]
    with start(name) as server:
        # What a DELETE removes the others need: it comes last, and of several the deepest path first.
        order = sorted((m == "DELETE", -path.count("/"), path, m) for path in server.truth for m in METHODS)
        met = {path: set[str]() for path in server.truth}
        for _, _, path, method in order:
            status = complete(stack, server, method, path)
            assert status < 500 or status == 501, (method, path, status, server.output())
            if status not in REFUSED:
                met[path].add(method)
        if not stack.numbers_only and stack.api == "workshop":
            literal, template = workshop.SHADOWED
            met[literal] -= server.truth[template] - server.truth[literal]
        if name.startswith("spa"):
            met = {path: methods - {"GET"} | server.truth[path] & {"GET"} for path, methods in met.items()}
        assert met == server.truth
        served = sum(acts(method, path) for path, methods in server.truth.items() for method in methods)
        assert server.writes() == served


@pytest.mark.parametrize("name", params([n for n in ZOO if n.endswith("workshop") and not n.startswith("rate-")]))
def test_content_that_cannot_be_read_changes_nothing(name: str) -> None:
    stack = ALL[name]
    with start(name) as server:
        for method, path in sorted(workshop.TAKES_JSON):
            for broken in (b'{"title": "x", "text": "x", "colour": "x", "na', b"[]"):
                assert send(stack, server, method, target(stack, path), broken, "application/json")[0] >= 400
        assert send(stack, server, "POST", target(stack, workshop.IMPORTS), b"--b--\r\n", MULTIPART)[0] >= 400
        absent = target(stack, "/tasks/{taskId}").replace("7", "4711")
        assert send(stack, server, "DELETE", absent, b"", "application/json")[0] in REFUSED
        assert server.writes() == 0


def complete(stack: Stack, server: Server, method: str, path: str) -> int:
    """The status of a request with everything that the operation may want, where necessary at the path with a slash."""
    content, media = json.dumps(WHOLE).encode(), "application/json"
    if method in {"GET", "DELETE"}:
        content = b""
    elif path == workshop.IMPORTS:
        content, media = FORM, MULTIPART
    elif path == workshop.FILE:
        content, media = b"x", "application/octet-stream"
    status, location = send(stack, server, method, target(stack, path), content, media)
    if 300 <= status < 400 and location.endswith("/"):
        status, _ = send(stack, server, method, target(stack, path) + "/", content, media)
    return status


def target(stack: Stack, path: str) -> str:
    """The path with objects that exist."""
    values: Mapping[str, str] = DESCRIPTIONS[stack.api][1]
    if stack.api == "bookshop":
        values = {**values, "bookId": "2", "slug": "ursula-le-guin"}
    return stack.base_path + re.sub(r"\{(\w+)\}", lambda name: values[name[1]], path)


def send(stack: Stack, server: Server, method: str, target: str, content: bytes, media: str) -> tuple[int, str]:
    """Status and Location, with the stack's credentials and a CSRF token."""
    fields = dict(line.split(": ", 1) for line in stack.credentials)
    fields["Cookie"] = f"{fields.get('Cookie', 'a=b')}; csrftoken={CSRF}"
    if content or method not in {"GET", "DELETE"}:
        fields |= {"Content-Type": media, "Content-Length": str(len(content))}
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request(method, target, content or None, {**fields, "X-CSRFToken": CSRF})
        response = connection.getresponse()
        response.read()
        return response.status, response.getheader("Location") or ""
    finally:
        connection.close()
