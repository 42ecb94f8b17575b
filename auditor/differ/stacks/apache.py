"""Apache httpd."""

from __future__ import annotations

from auditor.differ.stacks import Mark, Stack
from auditor.model.finding import Side

STACK = Stack(
    id="apache",
    name="Apache httpd",
    side=Side.GATEWAY,
    marks=(
        Mark(page=r"<address>Apache(?:/[\d.]+)?[^<]{0,80}</address>"),
        Mark(field=("server", r"^Apache\b")),
    ),
    symbol="ErrorDocument 405",
    routes="apachectl -S and apachectl -t -D DUMP_CONFIG",
    logs=(
        "error_log: AH01623 client method denied by server configuration, AH01630 client denied by server configuration"
    ),
    source="httpd.apache.org, mod_allowmethods, LimitExcept, TraceEnable, mod_dir",
    fixes={
        "pass": (
            "Add the method to `AllowMethods GET POST DELETE` or to `<LimitExcept GET POST DELETE>` of the "
            "location, then `apachectl configtest && apachectl graceful`."
        ),
        "drop": (
            "Limit it: `AllowMethods GET POST` in the `<Location>`, and the list beside it (its own 405 has "
            'an empty `Allow`): `Header always set Allow "GET, HEAD, POST" "expr=! %{REQUEST_METHOD} in '
            "{'GET', 'HEAD', 'POST'}\"`."
        ),
        "allow": (
            "`AllowMethods` answers 405 with an empty `Allow`, `<LimitExcept>` 403. Set the list beside the former: "
            '`Header always set Allow "GET, HEAD, POST" "expr=! %{REQUEST_METHOD} in '
            "{'GET', 'HEAD', 'POST'}\"`."
        ),
        "slash": (
            "`DirectorySlash Off` ends the redirect of folders; in a `RewriteRule` use `[R=308]`, which keeps the "
            "method."
        ),
        "trace": "`TraceEnable Off`.",
        "cors": "List the method in `Header always set Access-Control-Allow-Methods`.",
        "cache": (
            "`CacheStoreExpired Off` and no `CacheIgnoreNoLastMod` for refusals; `htcacheclean -A` then removes the "
            "entry."
        ),
    },
)
