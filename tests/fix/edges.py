"""What is wrong in the configuration of a gateway, and the edits that mend it, in the words of edits.py.

Each configuration stands in the one that tests/fix/gateways.py writes around it; UPSTREAM is the port of the service.
The service serves what is documented, and PATCH of a basket besides.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.fix.edits import BY_ID, NO_ALLOW, UNDOCUMENTED, Drift, Edit, fix_text

PATHS = {"/orders": "get post", "/orders/{id}": "get post delete", "/baskets": "get post", "/baskets/{id}": "get post"}
BLOCKS = "gateway-blocks-method"


@dataclass(frozen=True)
class Edge:
    """A gateway's configuration, the paths that are documented behind it, and how it drifted."""

    stack: str
    text: str
    drifts: tuple[Drift, ...]
    stays: tuple[str, ...] = ()
    """Rules of what is found besides, before and after: the edits are not about it."""

    def says(self, rule: str) -> str:
        """What its stack says against a finding of that rule."""
        return fix_text(BY_ID[self.stack], rule)


PASS = "proxy_pass http://127.0.0.1:UPSTREAM;"
LIMIT = 'if ($request_method !~ ^(GET|HEAD|POST)$) { add_header Allow "GET, HEAD, POST" always; return 405; }'
RETURN = 'http-request return status 405 hdr Allow "GET, HEAD, POST" if { path_beg /orders } !{ method GET HEAD POST }'
LISTED = """Header always set Allow "GET, HEAD, POST" "expr=! %{REQUEST_METHOD} in {'GET', 'HEAD', 'POST'}\""""
CONTRADICTED = Drift("allow-wrong", "/orders/{id}", "DELETE")
"""The service's own answer to OPTIONS names what the gateway refuses: what lets the method pass mends both."""
EDGES = (
    Edge(
        "nginx", f"""# Into the server block
  location ~ ^/ {{
    limit_except GET POST {{ deny all; }}
    {PASS}
  }}
""",
        (
            Drift(BLOCKS, "/orders/{id}", "DELETE", (
                Edit("limit_except GET POST { deny all; }", "limit_except GET POST DELETE { deny all; }",
                     types="limit_except GET POST DELETE { deny all; }"),
            )),
        ),
        stays=("wrong-refusal-status",),
    ),
    Edge(
        "nginx", f"""# Into the server block
  location ~ ^/baskets/ {{
    # no limit
    {PASS}
  }}
""",
        (
            Drift(UNDOCUMENTED, "/baskets/{id}", "PATCH", (
                Edit("# no limit",
                     LIMIT, types=LIMIT),
            )),
        ),
    ),
    Edge(
        "haproxy", """
  http-request deny deny_status 405 unless { method GET HEAD POST OPTIONS } or !{ path_beg /orders/ }
  # no limit
""",
        (
            Drift(BLOCKS, "/orders/{id}", "DELETE", (
                Edit("http-request deny deny_status 405 unless { method GET HEAD POST OPTIONS }",
                     "http-request deny deny_status 405 unless { method GET HEAD POST DELETE OPTIONS }",
                     types="http-request deny deny_status 405 unless { method GET HEAD POST DELETE OPTIONS }"),
            )),
            CONTRADICTED,
            Drift(NO_ALLOW, "/orders/{id}", "REPORT", (
                Edit("http-request deny deny_status 405",
                     'http-request return status 405 hdr Allow "GET, HEAD, POST, DELETE, OPTIONS"',
                     types='http-request return status 405 hdr Allow "GET, HEAD, POST"'),
            )),
            Drift(UNDOCUMENTED, "/baskets/{id}", "PATCH", (
                Edit("# no limit",
                     RETURN.replace("orders", "baskets"), types=RETURN),
            )),
        ),
    ),
    Edge(
        "apache", """
<Location "/orders/">
  AllowMethods POST DELETE
</Location>
<Location "/baskets/">
  # no limit
</Location>
""",
        (
            Drift(BLOCKS, "/orders/{id}", "GET", (
                Edit("AllowMethods POST DELETE\n", "AllowMethods GET POST DELETE\n",
                     types="AllowMethods GET POST DELETE"),
            )),
            Drift("allow-wrong", "/orders/{id}", "GET", (
                Edit("AllowMethods GET POST DELETE\n", "AllowMethods GET POST DELETE\n"
                     '  Header always set Allow "GET, HEAD, POST, DELETE" '
                     "\"expr=! %{REQUEST_METHOD} in {'GET', 'HEAD', 'POST', 'DELETE'}\"\n", types=LISTED),
            ), hidden=True),
            Drift(UNDOCUMENTED, "/baskets/{id}", "PATCH", (
                Edit("# no limit", "AllowMethods GET POST", types="AllowMethods GET POST"),
                Edit("AllowMethods GET POST\n", "AllowMethods GET POST\n"
                     '  Header always set Allow "GET, HEAD, POST" "expr=! %{REQUEST_METHOD} in '
                     "{'GET', 'HEAD', 'POST'}\"\n",
                     types=LISTED),
            )),
        ),
    ),
    Edge(
        "caddy", """
	# no limit
	@ok method GET HEAD POST OPTIONS
	handle @ok {
		reverse_proxy 127.0.0.1:UPSTREAM
	}
	handle /orders/* {
		respond 405
	}
""",
        (
            Drift(BLOCKS, "/orders/{id}", "DELETE", (
                Edit("@ok method GET HEAD POST OPTIONS", "@ok method GET HEAD POST DELETE OPTIONS",
                     types="@ok method GET HEAD POST DELETE OPTIONS"),
            )),
            CONTRADICTED,
            Drift(NO_ALLOW, "/orders/{id}", "REPORT", (
                Edit("\t\trespond 405", '\t\theader Allow "GET, HEAD, POST, DELETE, OPTIONS"\n\t\trespond 405',
                     types='header Allow "GET, HEAD, POST"'),
            )),
            Drift(UNDOCUMENTED, "/baskets/{id}", "PATCH", (
                Edit("# no limit", "@no expression path('/baskets/*') && !method('GET', 'HEAD', 'POST')\n"
                     '\theader @no Allow "GET, HEAD, POST"\n\thandle @no {\n\t\trespond 405\n\t}',
                     types='header @no Allow "GET, HEAD, POST"'),
            )),
        ),
    ),
)  # fmt: skip
