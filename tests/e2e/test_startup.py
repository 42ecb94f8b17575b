"""Help and catalogue answer at once: nothing heavy is imported for them (DESIGN §3)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("openapi_core", "httpx", "jinja2", "h11", "jsonschema", "truststore")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["rules"], ["explain", "path-missing"], ["--version"], ["audit", "--help"]]
)
def test_nothing_heavy_is_loaded_for_a_quick_answer(arguments: list[str], tmp_path: Path) -> None:
    code = (
        "import sys\n"
        f"sys.argv = ['auditor', *{arguments!r}]\n"
        "from auditor.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        f"print('LOADED', [m for m in {HEAVY!r} if m in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "LOADED []" in done.stdout
