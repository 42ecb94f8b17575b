"""Bytes to plain data: decode, sniff, parse, retry once with what is commonly broken repaired.

Every failure is one DescriptionError of one sentence; every repair is a note. What only a report needs of a large JSON
text (its lines, its digest) is found when it is asked for.
"""

from __future__ import annotations

import codecs
import gc
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError
from typing import Any, BinaryIO

import yaml

from auditor.errors import DescriptionError
from auditor.loader.json_large import lines_of_upper, parse_large
from auditor.loader.json_text import parse_json
from auditor.loader.later import later_file, later_location
from auditor.loader.quick import quick
from auditor.loader.surrogates import NOTE, mend_surrogates
from auditor.loader.yaml_events import TooDeep, Tree, build, has_libyaml
from auditor.model.contract import Location, SpecFile

MAX_FILE = 256 * 1024 * 1024
"""Bytes of one file."""

SMALL = 4_000_000
"""Up to this many characters the text is kept, to find further lines."""

FROZEN = 100_000
"""Containers made by one load from which on they are exempted from garbage collection."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_COMMENT = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\Z)|//[^\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)
_location = quick(Location)
_LEADING = re.compile(r"(?m)^[ \t]*(?:[-?:][ \t]+)*")


class Document:
    """One parsed file: where it came from as shown to the user, its data, the lines of its upper keys.

    `base` is what relative references start from (a real file path, a path inside a commit, a URL). `unshared`: no
    value stands in two places, as aliases can. `lines_later`: lines are not known yet, and dear.
    """

    __slots__ = ("_data", "_sha256", "_text", "base", "file", "is_json", "lines_later", "remote", "tree", "unshared")

    def __init__(self, tree: Tree, file: str, base: str | None, data: bytes, text: str | None, is_json: bool) -> None:
        self.tree, self.file, self.base, self.is_json = tree, file, base, is_json
        self.remote = False
        self.unshared = tree.unshared
        self.lines_later = is_json and text is None
        self._text = text if text is not None and len(text) <= SMALL else None
        self._data = data if self.lines_later else None
        self._sha256 = None if self.lines_later else hashlib.sha256(data).hexdigest()

    @property
    def root(self) -> Any:
        return self.tree.root

    @property
    def sha256(self) -> str:
        """Of the bytes, hexadecimal."""
        if self._sha256 is None:
            self._sha256 = hashlib.sha256(self._data or b"").hexdigest()
            self._release()
        return self._sha256

    @property
    def text(self) -> str | None:
        """The text, of small files only: to find further lines."""
        if self._text is None and self._data is not None and len(self._data) <= SMALL:
            self._text = self._data.decode()
        return self._text

    @property
    def identity(self) -> SpecFile:
        """Its name and digest, for the Contract."""
        return SpecFile(self.file, self.sha256) if self._data is None else later_file(self.file, self)

    def line(self, mapping: Any, key: str) -> int | None:
        """The line of `key` of `mapping` (from 1), where it was kept."""
        if self.lines_later:
            self.lines_later = False
            lines_of_upper((self._data or b"").decode(), self.tree)
            self._release()
        found = self.tree.lines.get(id(mapping))
        return None if found is None else found.get(key)

    def place(self, mapping: Any, key: str, pointer: str) -> Location:
        """Where `key` of `mapping` is written; its line is looked up later where that is dear."""
        if self.lines_later:
            return later_location(self.file, pointer, self, mapping, key)
        found = self.tree.lines.get(id(mapping))
        return _location(self.file, pointer, None if found is None else found.get(key))

    def _release(self) -> None:
        """Let go of the bytes as soon as nothing more can be asked of them."""
        if self._sha256 is not None and not self.lines_later:
            self._data = None


@contextmanager
def gc_off() -> Iterator[None]:
    """No cyclic garbage collection inside: it would walk the growing tree again and again (3 times the load).

    A large tree is then frozen: it lives as long as the process, and a single walk over it costs as much as parsing.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            if gc.get_count()[0] > FROZEN:
                gc.freeze()
            gc.enable()


def read_capped(file: BinaryIO) -> bytes:
    """All of `file`, or one byte more than `MAX_FILE`; asking for that much at once would make room for it, too."""
    size = os.fstat(file.fileno()).st_size
    data = file.read(min(size, MAX_FILE) + 1)
    return data if len(data) <= size else data + file.read(MAX_FILE + 1 - len(data))


def parse(data: bytes, file: str, base: str | None = None) -> Document:
    """Parse JSON or YAML of any encoding.

    Raises DescriptionError with one sentence where that is impossible; notes of repairs are in `tree.notes`.
    """
    if len(data) > MAX_FILE:
        raise DescriptionError(f"is larger than {MAX_FILE // 2**20} MB", where=file, hint="describe the API in parts")
    large = parse_large(data)
    if large is not None:
        return Document(large, file, base, data, None, True)
    large = _large_yaml(data)
    if large is not None:
        return Document(large, file, base, data, None, False)
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
    return Document(tree, file, base, data, text, is_json)


def _large_yaml(data: bytes) -> Tree | None:
    """Plain UTF-8 as it is: a text of that size, and libyaml's own copy of it, would double the memory."""
    if len(data) <= SMALL or data[:200].lstrip()[:1] in (b"", b"{", b"[", b"<") or not has_libyaml():
        return None
    if data.startswith(tuple(mark for mark, _ in _BOMS)) or _wide_encoding(data[:4]) is not None:
        return None
    try:
        return build(data)
    except (yaml.YAMLError, ValueError):  # to be repaired, or refused with reasons
        return None


def decode(data: bytes, notes: list[tuple[int | None, str]]) -> str:
    """Text by byte order mark, by the NULs that UTF-16 and UTF-32 leave, as UTF-8, or else as Latin-1 with a note."""
    for mark, marked in _BOMS:
        if data.startswith(mark):
            return _decoded(data[len(mark) :], marked, notes).lstrip("\ufeff")
    name = _wide_encoding(data[:4])
    if name is not None:
        notes.append((None, f"encoding is not marked: read as {name.upper()}"))
        return _decoded(data, name, notes)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as e:
        line = data.count(b"\n", 0, e.start) + 1
        notes.append((line, "is not UTF-8: read as Latin-1"))
        return data.decode("latin-1")


def _decoded(data: bytes, encoding: str, notes: list[tuple[int | None, str]]) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as e:
        line = data[: e.start].decode(encoding, "replace").count("\n") + 1
        notes.append((line, f"is not {encoding.upper()} throughout: what is no character is replaced by U+FFFD"))
        return data.decode(encoding, "replace")


def _wide_encoding(head: bytes) -> str | None:
    nul = "".join("0" if b == 0 else "x" for b in head)
    return {"x0x0": "utf-16-le", "0x0x": "utf-16-be", "x000": "utf-32-le", "000x": "utf-32-be"}.get(nul)


def _parse_json(text: str, notes: list[tuple[int | None, str]]) -> Tree:
    """Strict JSON, then JSON with control characters or trailing data, then the YAML builder (comments, commas)."""
    text = _mended(text, notes)
    try:
        tree, end = parse_json(text)
    except JSONDecodeError as error:
        return _broken_json(text, error, notes)
    if text[end:].strip():
        notes.append((text.count("\n", 0, end) + 1, "text after the end of the JSON document is ignored"))
    return tree


def _mended(text: str, notes: list[tuple[int | None, str]], yaml: bool = False) -> str:
    mended, at = mend_surrogates(text, yaml)
    if at is not None:
        notes.append((text.count("\n", 0, at) + 1, NOTE))
    return mended


def _broken_json(text: str, error: JSONDecodeError, notes: list[tuple[int | None, str]]) -> Tree:
    try:
        tree, end = parse_json(text, strict=False)
        if text[end:].strip():
            raise error
        notes.append((error.lineno, f"is not strict JSON ({error.msg}): read all the same"))
    except JSONDecodeError:
        try:
            tree = _parse_yaml(_COMMENT.sub(_blank, text), notes)
        except yaml.YAMLError:
            raise error from None
        notes.append((error.lineno, f"is not strict JSON ({error.msg}): read as YAML"))
    return tree


def _blank(m: re.Match[str]) -> str:
    """A string as it is; a `//` or `/*` comment as the line breaks that it holds."""
    return m.group() if m.group().startswith('"') else re.sub(r"[^\n]", " ", m.group())


def _parse_yaml(text: str, notes: list[tuple[int | None, str]]) -> Tree:
    """The event builder; retried with unreadable characters replaced, then with leading tabs expanded."""
    if not has_libyaml():  # the pure parser would let half pairs through
        text = _mended(text, notes, yaml=True)
    try:
        return build(text)
    except yaml.YAMLError as error:
        first = error
    mended = _mended(text, notes, yaml=True)
    if mended != text:  # libyaml refuses what JSON writes for characters beyond U+FFFF
        text = mended
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
    if isinstance(error, JSONDecodeError):
        return error.lineno, error.colno, error.msg
    mark = getattr(error, "problem_mark", None)
    what = str(getattr(error, "problem", None) or getattr(error, "reason", None) or str(error).partition("\n")[0])
    return (mark.line + 1, mark.column + 1, what[:200]) if mark is not None else (None, None, what[:200])


def _shown_line(text: str, line: int | None) -> str:
    lines = text.split("\n", line)[line - 1 : line] if line else []
    return repr(lines[0].strip()[:80]) if lines and lines[0].strip() else ""
