"""`make redirects`: measure what the clients here do when they are redirected; write the table and docs/redirects.md.

A client that is not here keeps the line that it has.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from tests.redirects.measure import KINDS, METHODS, differences, entry, measure, read, write


def main() -> int:
    """0, or 1 where a redirect to another host is treated otherwise: the page says that it is not."""
    try:
        kept = {client["name"]: client for client in read()["clients"]}
    except FileNotFoundError:
        kept = {}
    clients, code = [], 0
    for kind in KINDS:
        if why := kind.missing:
            print(f"left out: {kind.name}: needs {why}", file=sys.stderr)
            clients += [kept[kind.name]] if kind.name in kept else []
            continue
        clients.append(entry(kind))
        print(f"measured: {kind.name}: {kind.product} {clients[-1]['version']}", file=sys.stderr)
        for difference in differences(kind, clients[-1]["sends"], measure(kind, "elsewhere")):
            print(f"to another host: {difference}", file=sys.stderr)
            code = 1
    write({"measured": f"{datetime.now(UTC):%Y-%m-%d}", "methods": METHODS, "clients": clients})
    return code


if __name__ == "__main__":
    sys.exit(main())
