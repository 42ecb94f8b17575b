"""Small descriptions for the loader's tests."""

from __future__ import annotations

from pathlib import Path

from auditor.loader import LoadOptions, load_bytes
from auditor.model.contract import Contract, Operation

HEAD = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\n"
OK = "{responses: {'200': {description: ok}}}"


def load(text: str | bytes, options: LoadOptions = LoadOptions(), base: Path | None = None) -> Contract:  # noqa: B008
    data = text.encode() if isinstance(text, str) else text
    return load_bytes(data, "spec.yaml", options, base)


def paths(body: str, version: str = "3.0.3", options: LoadOptions = LoadOptions()) -> Contract:  # noqa: B008
    """A description whose `paths` is `body`, indented by two."""
    return load(f"openapi: {version}\ninfo: {{title: T, version: '1'}}\npaths:\n{body}", options)


def operation(contract: Contract, template: str, method: str) -> Operation:
    item = next(p for p in contract.paths if p.template == template)
    found = item.operation(method)
    assert found is not None
    return found


def messages(contract: Contract) -> str:
    return "\n".join(w.text for w in contract.warnings)


def documented(contract: Contract) -> set[tuple[str, str]]:
    return {(m, p.template) for p in contract.paths for m in p.methods}
