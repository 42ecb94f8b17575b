"""What clients do when they are redirected, as measured: `redirect_clients.json`, made by tests/redirects."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).with_name("redirect_clients.json")
OTHER = "REPORT"
"""Stands for every method that was not measured: clients do not know it by name."""


@dataclass(frozen=True, slots=True, eq=False)
class Client:
    """One client, told to follow. `sends`: by status and method what arrives at the target; None: it does not follow.

    What arrives is a method, with ` without content` or ` with content` after it where the content changed, too.
    """

    name: str
    version: str
    sends: Mapping[int, Mapping[str, str | None]]


@cache
def clients() -> tuple[Client, ...]:
    """Every client of the table, those that most people use first."""
    found: list[dict[str, Any]] = json.loads(DATA.read_text(encoding="utf-8"))["clients"]
    return tuple(Client(c["name"], c["version"], {int(s): m for s, m in c["sends"].items()}) for c in found)


def is_measured(status: int) -> bool:
    """Whether anything is known about this status: 300, 304 and 305 are no orders to go elsewhere."""
    return any(status in client.sends for client in clients())


def changed_by(method: str, status: int) -> tuple[str, ...]:
    """The clients that send another method to where a redirect leads."""
    return _which(method, status, lambda sent, meant: sent is not None and sent.split(" ")[0] != meant)


def emptied_by(method: str, status: int) -> tuple[str, ...]:
    """The clients that send the method there, and not its content."""
    return _which(method, status, lambda sent, meant: sent == f"{meant} without content")


def stopped_by(method: str, status: int) -> tuple[str, ...]:
    """The clients that do not follow, even where they are told to."""
    return _which(method, status, lambda sent, _: sent is None)


def kept_by(method: str, status: int) -> tuple[str, ...]:
    """The clients that send the method there as it was, with its content."""
    return _which(method, status, lambda sent, meant: sent == meant)


def _which(method: str, status: int, is_so: Callable[[str | None, str], bool]) -> tuple[str, ...]:
    names = []
    for client in clients():
        sends = client.sends.get(status, {})
        meant = method if _is_known(method) else OTHER
        if meant in sends and is_so(sends[meant], meant):
            names.append(client.name)
    return tuple(names)


@cache
def _is_known(method: str) -> bool:
    return any(method in sends for client in clients() for sends in client.sends.values())
