"""Compare with a golden file; on mismatch the actual text is kept beside it, to be read and, if right, renamed."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent.parent / "golden"


def check(name: str, actual: str, folder: str = "output") -> None:
    """Fail unless `actual` equals tests/golden/FOLDER/NAME."""
    expected = FOLDER / folder / name
    kept = FOLDER / folder / f"{name}.actual"
    if expected.exists() and expected.read_text(encoding="utf-8") == actual:
        kept.unlink(missing_ok=True)
        return
    kept.write_text(actual, encoding="utf-8")
    raise AssertionError(f"{name} differs: compare with {kept.name}; if that is right, rename it")
