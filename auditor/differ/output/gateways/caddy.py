"""Caddy: `map` names the list of the first path that fits; a `handle` for each list refuses the rest."""

from __future__ import annotations

from auditor.differ.output.gateways import commented
from auditor.differ.output.gateways.allowlist import REFUSAL, AllowList


def render(allowed: AllowList) -> str:
    """The directives for a site block of a Caddyfile."""
    allowed = allowed.without((e, "a Caddyfile cannot name it") for e in allowed.entries if e.text is None)
    lines = ["map {path} {contract_allow} {"]
    lines += [f'\t`~{e.text}` "{e.allow}"' for e in allowed.entries]
    lines += ['\tdefault ""', "}"]
    for i, methods in enumerate(allowed.sets, 1):
        allow = ", ".join(methods)
        lines += [
            f"@contract{i} {{", f'\tvars {{contract_allow}} "{allow}"', f"\tnot method {' '.join(methods)}", "}",
            f"handle @contract{i} {{", f'\theader Allow "{allow}"', f'\trespond "{REFUSAL}" 405', "}",
        ]  # fmt: skip
    notes = (*allowed.notes(), "", "Into the site block, before any other handle.")
    return commented(notes) + "\n".join(lines) + "\n"
