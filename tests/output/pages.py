"""A page read with the standard library's parser: what it holds, links to, and would run."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from html.parser import HTMLParser

VOID = frozenset({"meta", "link", "br", "img", "input", "hr", "base", "col", "source", "wbr"})
HIDDEN = frozenset({"style", "script", "title"})


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    text: str = ""


class Page(HTMLParser):
    """Elements in order; `problems` are tags that do not match up."""

    def __init__(self, data: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.problems: list[str] = []
        self.shown: list[str] = []
        self._open: list[Element] = []
        self._joins = False
        self.feed(data.decode("utf-8"))
        self.close()
        self.problems += [f"<{e.tag}> stays open" for e in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if len({k for k, _ in attrs}) != len(attrs):
            self.problems.append(f"<{tag}> repeats an attribute")
        self.elements.append(Element(tag, dict(attrs)))
        self._joins = tag == "wbr"
        if tag not in VOID:
            self._open.append(self.elements[-1])

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop().tag != tag:
            self.problems.append(f"</{tag}> closes something else")

    def handle_data(self, data: str) -> None:
        if self._open:
            self._open[-1].text += data
        if not any(e.tag in HIDDEN for e in self._open):
            if self._joins and self.shown:
                data = self.shown.pop() + data
            self.shown.append(data)
        self._joins = False

    def all(self, tag: str) -> list[Element]:
        return [e for e in self.elements if e.tag == tag]

    def attribute(self, name: str) -> list[str]:
        return [e.attributes[name] or "" for e in self.elements if name in e.attributes]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.shown).split())

    @property
    def policy(self) -> str:
        found = [e.attributes["content"] for e in self.all("meta") if e.attributes.get("http-equiv")]
        assert len(found) == 1
        return found[0] or ""


def outline(data: bytes) -> str:
    """Tags with ids and classes, indented by depth, without the content of style, script and svg."""
    lines: list[str] = []

    class Walker(HTMLParser):
        depth = 0

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag == "wbr":
                return
            have = dict(attrs)
            name = tag + (f"#{have['id']}" if have.get("id") else "")
            name += "".join(f".{c}" for c in (have.get("class") or "").split()) + (" open" if "open" in have else "")
            lines.append("  " * self.depth + name)
            self.depth += tag not in VOID

        def handle_endtag(self, tag: str) -> None:
            self.depth -= 1

    Walker().feed(data.decode("utf-8"))
    kept = [line for i, line in enumerate(lines) if i == 0 or line != lines[i - 1]]
    return "\n".join(kept) + "\n"


def digest(text: str) -> str:
    """As a source of a Content-Security-Policy (CSP3 §2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def directives(policy: str) -> dict[str, list[str]]:
    return {d.split()[0]: d.split()[1:] for d in re.split(r";\s*", policy) if d}
