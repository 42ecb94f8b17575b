"""Normalized Paths (RFC 9535 §2.7): one text for one node, whatever a description wrote into its keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_SHORT = {"'": r"\'", "\\": r"\\", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t"}


def normalized(keys: Iterable[str], root: Any) -> str:
    """The Normalized Path of the node that `keys` lead to from `root`."""
    found, node = ["$"], root
    for key in keys:
        if isinstance(node, list):
            found.append(f"[{int(key)}]")
            node = node[int(key)]
        else:
            found.append(f"['{''.join(map(_escaped, key))}']")
            node = node[key]
    return "".join(found)


def _escaped(char: str) -> str:
    return _SHORT.get(char) or (f"\\u{ord(char):04x}" if char < " " else char)


class Targets:
    """Asks an implementation of RFC 9535, and not the code that wrote a target, what the target hits."""

    def __init__(self, files: Mapping[str, Any]) -> None:
        from jsonpath import JSONPathEnvironment

        self._files = files
        self._environment = JSONPathEnvironment(strict=True)

    def hits(self, target: str, file: str) -> list[Any]:
        """The nodes that the target selects in that file; none where it cannot be read as a JSONPath."""
        from jsonpath import JSONPathError

        try:
            return list(self._environment.findall(target, self._files[file]))
        except JSONPathError:
            return []
