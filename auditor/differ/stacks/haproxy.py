"""HAProxy."""

from __future__ import annotations

from auditor.differ.stacks import Mark, Stack
from auditor.model.finding import Side

STACK = Stack(
    id="haproxy",
    name="HAProxy",
    side=Side.GATEWAY,
    marks=(
        Mark(page=r"Request forbidden by administrative rules|A request was made of a resource using a request method"),
    ),
    symbol="http-request deny deny_status 405",
    routes="haproxy -c -f haproxy.cfg, and the http-request rules of the frontend and backend",
    logs="the log has the termination state PR-- and <NOSRV>: refused by a rule, nothing passed on",
    source="docs.haproxy.org, http-request deny, http-request return, method ACL",
    fixes={
        "pass": (
            "Add the method to the ACL that refuses: `http-request deny deny_status 405 unless { method GET HEAD "
            "POST DELETE OPTIONS }`, then reload."
        ),
        "drop": (
            'Refuse it: `http-request return status 405 hdr Allow "GET, HEAD, POST" if { path_beg /orders } !{ '
            "method GET HEAD POST }`; leave OPTIONS in where browsers of other origins ask."
        ),
        "allow": (
            'Use `http-request return status 405 hdr Allow "GET, HEAD, POST"` in place of `deny`, which sends no '
            "`Allow`."
        ),
        "slash": "Redirect with `code 308`, which keeps the method.",
    },
)
