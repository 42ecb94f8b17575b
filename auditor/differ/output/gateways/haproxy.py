"""HAProxy: the first path that fits names its list of methods, and one rule for each list refuses the rest.

Single quotes are strong: nothing in them is special to the parser of the configuration.
"""

from __future__ import annotations

from auditor.differ.output.gateways import commented
from auditor.differ.output.gateways.allowlist import REFUSAL, AllowList


def render(allowed: AllowList) -> str:
    """The rules for a `frontend`."""
    lists = {methods: f"list{i}" for i, methods in enumerate(allowed.sets, 1)}
    chosen = [
        f"http-request set-var(txn.contract) str({lists[e.methods]}) "
        f"if !{{ var(txn.contract) -m found }} {{ path,url_dec -m reg '{e.decoded}' }}"
        for e in allowed.entries
    ]
    refused = [
        f"http-request return status 405 content-type text/plain string '{REFUSAL}' "
        f"hdr Allow '{', '.join(methods)}' if {{ var(txn.contract) -m str {name} }} !{{ method {' '.join(methods)} }}"
        for methods, name in lists.items()
    ]
    notes = (*allowed.notes(), "", "Into the frontend (or listen) section, before its use_backend rules.")
    return commented(notes) + "\n".join(chosen + refused) + "\n"
