"""nginx."""

from __future__ import annotations

from auditor.differ.stacks import Mark, Stack
from auditor.model.finding import Side

STACK = Stack(
    id="nginx",
    name="nginx",
    side=Side.GATEWAY,
    marks=(
        Mark(page=r"<center>(?:nginx|openresty)(?:/[\d.]+)?</center>"),
        Mark(field=("server", r"^nginx|^openresty")),
    ),
    symbol="error_page 405",
    routes="nginx -T",
    logs="access_log: the status with an empty $upstream_status, since nothing was passed on",
    source="nginx.org, ngx_http_core_module (limit_except), ngx_http_proxy_module",
    fixes={
        "pass": (
            "Add the method to `limit_except GET POST DELETE { deny all; }` of the location, or to the `if "
            "($request_method !~ …)` that refuses it; then `nginx -t && nginx -s reload`."
        ),
        "drop": (
            "Refuse it in the location: `limit_except GET POST { deny all; }` answers 403; for 405 with the list, "
            '`if ($request_method !~ ^(GET|HEAD|POST)$) { add_header Allow "GET, HEAD, POST" always; return 405; '
            "}`."
        ),
        "allow": (
            'Send the list with the refusal: `add_header Allow "GET, HEAD, POST" always;` beside `return 405`; '
            "`limit_except` cannot."
        ),
        "slash": (
            "Take out the `rewrite` or `return 301` of the location, or answer 308, which keeps the method; a "
            "`location /orders/` with proxy_pass redirects `/orders` with 301."
        ),
        "cors": (
            "List the method in the `Access-Control-Allow-Methods` that the OPTIONS block adds, or pass OPTIONS on "
            "to the service."
        ),
        "cache": (
            "Do not keep refusals: `proxy_cache_valid 200 302 10m;` names the statuses (no `any`, no 404, 405), "
            "then remove the entry or wait until it ends."
        ),
    },
)
