"""Bytes to plain data: decode, sniff, parse, retry once with what is commonly broken repaired.

Every failure is one DescriptionError of one sentence; every repair is a note.
"""

from __future__ import annotations

import codecs
import gc
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import yaml

from auditor.errors import DescriptionError
from auditor.loader.yaml_events import MAX_DIGITS, MAX_KEYS, TooDeep, Tree, build

MAX_FILE = 256 * 1024 * 1024
"""Bytes of one file."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_LEADING = re.compile(r"(?m)^[ \t]*(?:[-?:][ \t]+)*")
_SURROGATE = re.compile(
    r"(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)


class Document:
    """One parsed file: where it came from as shown to the user, its data, the lines of its upper keys.

    `base` is what relative references start from (a real file path, a path inside a commit, a URL); `text` is kept for
    small files only, to find further lines.
    """

    __slots__ = ("base", "file", "is_json", "remote", "sha256", "text", "tree")

    def __init__(self, tree: Tree, file: str, base: str | None, sha256: str, text: str | None, is_json: bool) -> None:
        self.tree, self.file, self.base, self.sha256 = tree, file, base, sha256
        self.text, self.is_json = text, is_json
        self.remote = False

    @property
    def root(self) -> Any:
        return self.tree.root

    def line(self, mapping: Any, key: str) -> int | None:
        """The line of `key` of `mapping` (from 1), where it was kept."""
        found = self.tree.lines.get(id(mapping))
        return None if found is None else found.get(key)


@contextmanager
def gc_off() -> Iterator[None]:
    """No cyclic garbage collection inside: it would walk the growing tree again and again (3 times the load)."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def parse(data: bytes, file: str, base: str | None = None) -> Document:
    """Parse JSON or YAML of any encoding.

    Raises DescriptionError with one sentence where that is impossible; notes of repairs are in `tree.notes`.
    """
    if len(data) > MAX_FILE:
        raise DescriptionError(f"is larger than {MAX_FILE // 2**20} MB", where=file, hint="describe the API in parts")
    notes: list[tuple[int | None, str]] = []
    text = decode(data, notes)
    head = text.lstrip()[:1]
    if not head:
        raise DescriptionError("is empty", where=file)
    if head == "<":
        raise _markup_error(text, file)
    is_json = head in "{["
    try:
        tree = _parse_json(text, notes) if is_json else _parse_yaml(text, notes)
    except TooDeep as e:
        raise DescriptionError(str(e), where=file, hint="no real description does; split the file") from None
    except (yaml.YAMLError, ValueError) as e:
        raise _syntax_error(text, file, e) from None
    tree.notes[:0] = notes
    small = text if len(text) <= 4_000_000 else None
    return Document(tree, file, base, hashlib.sha256(data).hexdigest(), small, is_json)


def decode(data: bytes, notes: list[tuple[int | None, str]]) -> str:
    """Text by byte order mark, by the NULs that UTF-16 and UTF-32 leave, as UTF-8, or else as Latin-1 with a note."""
    for mark, marked in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(marked, "replace").lstrip("\ufeff")
    name = _wide_encoding(data[:4])
    if name is not None:
        notes.append((None, f"encoding is not marked: read as {name.upper()}"))
        return data.decode(name, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as e:
        line = data.count(b"\n", 0, e.start) + 1
        notes.append((line, "is not UTF-8: read as Latin-1"))
        return data.decode("latin-1")


def _wide_encoding(head: bytes) -> str | None:
    nul = "".join("0" if b == 0 else "x" for b in head)
    return {"x0x0": "utf-16-le", "0x0x": "utf-16-be", "x000": "utf-32-le", "000x": "utf-32-be"}.get(nul)


def _parse_json(text: str, notes: list[tuple[int | None, str]]) -> Tree:
    """Strict JSON, then JSON with control characters or trailing data, then the YAML builder (comments, commas)."""
    if "\\ud" in text or "\\uD" in text:
        text = _SURROGATE.sub(lambda m: m.group(1) or "\\ufffd", text)
    tree = Tree()
    hook = _DuplicateHook()
    try:
        tree.root = json.loads(text, object_pairs_hook=hook, parse_constant=str)
    except RecursionError:
        raise TooDeep("nests too deeply") from None
    except json.JSONDecodeError as e:
        return _broken_json(text, e, notes)
    except ValueError:  # Python refuses to convert integers of more than 4,300 digits
        tree.root = json.loads(text, object_pairs_hook=hook, parse_constant=str, parse_int=_integer)
    notes.extend(hook.notes(text))
    return tree


def _broken_json(text: str, error: json.JSONDecodeError, notes: list[tuple[int | None, str]]) -> Tree:
    tree = Tree()
    hook = _DuplicateHook()
    decoder = json.JSONDecoder(object_pairs_hook=hook, parse_constant=str, parse_int=_integer, strict=False)
    try:
        start = len(text) - len(text.lstrip())
        tree.root, end = decoder.raw_decode(text, start)
    except RecursionError:
        raise TooDeep("nests too deeply") from None
    except json.JSONDecodeError:
        try:
            tree = _parse_yaml(text, notes)
        except yaml.YAMLError:
            raise error from None
        notes.append((error.lineno, f"is not strict JSON ({error.msg}): read as YAML"))
        return tree
    if text[end:].strip():
        notes.append((text.count("\n", 0, end) + 1, "text after the end of the JSON document is ignored"))
    else:
        notes.append((error.lineno, f"is not strict JSON ({error.msg}): read all the same"))
    notes.extend(hook.notes(text))
    return tree


def _parse_yaml(text: str, notes: list[tuple[int | None, str]]) -> Tree:
    """The event builder; retried with unreadable characters replaced, then with leading tabs expanded."""
    try:
        return build(text)
    except yaml.YAMLError as error:
        first = error
    if "\\ud" in text or "\\uD" in text:  # libyaml refuses what JSON writes for characters beyond U+FFFF
        text = _SURROGATE.sub(_unescape_pair, text)
        try:
            return build(text)
        except yaml.YAMLError:
            pass
    readable = _UNREADABLE.sub("\ufffd", text)
    if readable != text:
        at = next(_UNREADABLE.finditer(text)).start()
        notes.append((text.count("\n", 0, at) + 1, "control characters are replaced"))
        try:
            return build(readable)
        except yaml.YAMLError:
            pass
    spaced = _LEADING.sub(lambda m: m.group().expandtabs(8), readable)
    if spaced != readable:
        try:
            tree = build(spaced)
        except yaml.YAMLError:
            raise first from None
        notes.append((readable.count("\n", 0, readable.index("\t")) + 1, "tabs in the indentation are read as spaces"))
        return tree
    raise first


def _unescape_pair(m: re.Match[str]) -> str:
    pair = m.group(1)
    if pair is None:
        return "\\ufffd"
    return pair if pair == "\\\\" else chr(0x10000 + ((int(pair[2:6], 16) & 0x3FF) << 10) + (int(pair[8:], 16) & 0x3FF))


def _integer(text: str) -> Any:
    return int(text) if len(text) <= MAX_DIGITS else text


class _DuplicateHook:
    """`object_pairs_hook` that keeps the last of duplicate keys, merges duplicate path items, and remembers both."""

    def __init__(self) -> None:
        self.keys: list[tuple[str, bool]] = []

    def __call__(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            self.resolve(made, pairs)
        return made

    def resolve(self, made: dict[str, Any], pairs: list[tuple[str, Any]]) -> None:
        if len(made) > MAX_KEYS:
            raise TooDeep(f"a mapping holds more than {MAX_KEYS:,} keys")
        seen: dict[str, Any] = {}
        for key, value in pairs:
            if key in seen:
                merged = key.startswith("/") and isinstance(value, dict) and isinstance(seen[key], dict)
                if len(self.keys) < 1000:
                    self.keys.append((key, merged))
                if merged:
                    value = {**seen[key], **value}
            seen[key] = value
        made.update(seen)

    def notes(self, text: str) -> Iterator[tuple[int | None, str]]:
        """One note per duplicate; with a line only where the key stands exactly twice in the whole text."""
        for key, merged in self.keys:
            what = "path key" if merged else "duplicate key"
            done = "is written twice: merged by method, the last one wins" if merged else "the last one wins"
            shown = repr(key if len(key) <= 80 else key[:77] + "...")
            yield _second_line(text, key), f"{what} {shown} {done}" if merged else f"{what} {shown}: {done}"


def _second_line(text: str, key: str) -> int | None:
    if len(text) > 16_000_000:
        return None
    found = [m.start() for m in re.finditer(re.escape(json.dumps(key, ensure_ascii=False)) + r"\s*:", text)]
    return text.count("\n", 0, found[1]) + 1 if len(found) == 2 else None


def _markup_error(text: str, file: str) -> DescriptionError:
    if text.lstrip()[:15].lower().startswith(("<!doctype html", "<html")):
        return DescriptionError(
            "is an HTML page, not an OpenAPI description (a login page?)", where=file, hint="fetch it with credentials"
        )
    return DescriptionError("is XML or HTML, not an OpenAPI description", where=file)


def _syntax_error(text: str, file: str, error: Exception) -> DescriptionError:
    """Say where the text breaks, or that it is a template."""
    line, column, what = _position(error)
    where = f"{file}:{line}" if line else file
    if "{{" in text or "{%" in text:
        return DescriptionError(
            f"cannot be read: {what}; it holds template marks such as {{{{",
            where=where,
            hint="render the template first",
        )
    place = f" at line {line}, column {column}" if line else ""
    shown = _shown_line(text, line)
    return DescriptionError(f"is broken{place}: {what}" + (f" in {shown}" if shown else ""), where=where)


def _position(error: Exception) -> tuple[int | None, int | None, str]:
    if isinstance(error, json.JSONDecodeError):
        return error.lineno, error.colno, error.msg
    mark = getattr(error, "problem_mark", None)
    what = str(getattr(error, "problem", None) or getattr(error, "reason", None) or str(error).partition("\n")[0])
    return (mark.line + 1, mark.column + 1, what[:200]) if mark is not None else (None, None, what[:200])


def _shown_line(text: str, line: int | None) -> str:
    lines = text.split("\n", line)[line - 1 : line] if line else []
    return repr(lines[0].strip()[:80]) if lines and lines[0].strip() else ""
