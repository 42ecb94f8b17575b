"""nginx: two maps decide, one `if` refuses.

`$uri` is the decoded, normalized path that locations are chosen by. `add_header` on the level of the server holds for
the `return` beside it; where the variable is empty, nginx sends no field.
"""

from __future__ import annotations

from auditor.differ.output.gateways import commented
from auditor.differ.output.gateways.allowlist import AllowList


def render(allowed: AllowList) -> str:
    """The directives for `http` and for `server`."""
    paths = [f'    "~{e.decoded}" "{e.allow}";' for e in allowed.entries]
    passing = [f'    "~^(?:{"|".join(methods)}) {", ".join(methods)}$" "";' for methods in allowed.sets]
    http = [
        "map $uri $contract_allow {", '    default "";', *paths, "}",
        "map \"$request_method $contract_allow\" $contract_refused {", "    default $contract_allow;", *passing, "}",
    ]  # fmt: skip
    server = ["add_header Allow $contract_refused always;", "if ($contract_refused) { return 405; }"]
    return (
        commented((*allowed.notes(), "", "Into the http block:")) + "\n".join(http) + "\n\n"
        + commented(("Into the server block, before its locations:",)) + "\n".join(server) + "\n"
    )  # fmt: skip
