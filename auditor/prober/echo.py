"""Whether an answer to TRACE is our own request: what it holds cannot be told later, since no content is kept."""

from __future__ import annotations

from collections.abc import Sequence

ECHO = "request-echoed"
"""The note on such an answer."""


def echoed(method: str, status: int | None, media_type: str, content: bytes, sent: Sequence[tuple[str, str]]) -> bool:
    """Whether `content` is a message that begins with a request line of TRACE and names our User-Agent, run id
    included (RFC 9110 §9.3.8). The media type alone, or a page that repeats what it got, is no such message.
    """
    if method != "TRACE" or status != 200 or media_type != "message/http":
        return False
    line = content.partition(b"\n")[0].rstrip(b"\r").split(b" ")
    agent = next((value for name, value in sent if name.lower() == "user-agent"), "")
    is_request = len(line) == 3 and line[0] == b"TRACE" and line[2].startswith(b"HTTP/")
    return is_request and bool(agent) and agent.encode("utf-8", "surrogateescape") in content
