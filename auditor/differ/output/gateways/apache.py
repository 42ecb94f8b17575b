"""Apache httpd: mod_allowmethods for each path; of sections that match one path the last one counts.

mod_allowmethods leaves Allow empty. mod_headers adds a line with the list, where the method is none of it: with the
empty line it is one list (RFC 9110 §5.6.1.2).
"""

from __future__ import annotations

from auditor.differ.output.gateways import commented
from auditor.differ.output.gateways.allowlist import AllowList

_BUILT_IN = frozenset({
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "PROPPATCH", "MKCOL",
    "COPY", "MOVE", "LOCK", "UNLOCK", "VERSION-CONTROL", "CHECKOUT", "UNCHECKOUT", "CHECKIN", "UPDATE", "LABEL",
    "REPORT", "MKWORKSPACE", "MKACTIVITY", "BASELINE-CONTROL", "MERGE",
})  # fmt: skip


def render(allowed: AllowList) -> str:
    """The directives for the server configuration or a virtual host."""
    notes = (
        *allowed.notes(), "HEAD and GET are one method for Apache: where one may pass, so may the other.", "",
        "Into the server configuration or the <VirtualHost>; needs mod_allowmethods and mod_headers.",
        "Not into .htaccess. Directives of your own for single paths stay as they are.",
    )  # fmt: skip
    other = sorted({m for e in allowed.entries for m in e.methods} - _BUILT_IN)
    lines = [f"RegisterHttpMethod {' '.join(other)}"] if other else []
    for entry in reversed(allowed.entries):
        listed = ",".join(f"'{m}'" for m in entry.methods)
        lines += [
            f'<LocationMatch "{entry.decoded}">', f"    AllowMethods {' '.join(entry.methods)}",
            f'    Header always set Allow "{entry.allow}" "expr=! %{{REQUEST_METHOD}} in {{ {listed} }}"',
            "</LocationMatch>",
        ]  # fmt: skip
    return commented(notes) + "\n".join(lines) + "\n"
