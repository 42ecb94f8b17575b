"""`make bench`: every measurement the project claims something about, one after the other.

python -m tests.bench            the wire, the loader, the report page and the site
python -m tests.bench wire       one of them
"""

from __future__ import annotations

import subprocess
import sys

BENCHES = ("wire", "loader", "page", "site")


def main(*names: str) -> int:
    """Runs each in a process of its own, so that none warms up another; the worst exit code."""
    worst = 0
    for name in names or BENCHES:
        print(f"== {name}", flush=True)
        worst = max(worst, subprocess.run([sys.executable, "-m", f"tests.bench.bench_{name}"], check=False).returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
