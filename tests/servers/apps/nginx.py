"""nginx in front of another server. Option `refused`: methods that it answers with 403 itself (limit_except).

Option `locations`: only documented paths are passed on, each by a location of its own; nginx answers any other, and
those of the option `dropped`, with its own 404. Option `certificate`: a PEM file with key; then it speaks TLS. Options
`here` and `server`: directives at the head of each location, and beside them.
Request bodies are buffered, as nginx does by default: what never becomes whole is never passed on.

Option `preflights`: by prefix of paths, the methods of a fixed list with which every OPTIONS is answered there, for the
origin http://app.example.test.
"""

from __future__ import annotations

import re

from tests.servers.apps.gateway import Gateway

CONFIGURATION = """
daemon off;
master_process off;
error_log stderr warn;
pid {folder}/nginx.pid;
events {{ worker_connections 256; }}
http {{
  log_format journal escape=json '{{"request": ["$request_method", "$request_uri"]}}';
  access_log {journal} journal;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  proxy_request_buffering on;
  server {{
    listen 127.0.0.1:{port} {tls} reuseport;
    {certificate}
    location /--barrier- {{ return 204; }}
    {locations}
  }}
}}
"""
PREFLIGHT = (
    "if ($request_method = OPTIONS) {{ add_header Access-Control-Allow-Origin http://app.example.test; "
    "add_header Access-Control-Allow-Methods '{listed}'; return 204; }}"
)
LOCATION = "location {where} {{ {here} {limit} proxy_set_header Host $http_host; proxy_pass http://{upstream}; }}"


def main() -> None:
    gateway = Gateway()
    # limit_except names what may pass, and letting GET pass lets HEAD pass.
    limit = f"limit_except {' '.join(gateway.passing)} {{ deny all; }}" if gateway.refused else ""
    options = gateway.record.options
    where = ["/"]
    if options.get("locations"):
        where = [
            f'~ "^{options["base"]}{re.sub(r"{[^}]*}", "[^/]+", path)}/?$"'
            for path in options["upstream_truth"]
            if path not in options.get("dropped", ())
        ]
    preflights: dict[str, list[str]] = options.get("preflights", {})
    where += [prefix for prefix in preflights if prefix not in where]
    cors = {prefix: PREFLIGHT.format(listed=", ".join(methods)) for prefix, methods in preflights.items()}
    here = options.get("here", "")
    locations = [
        LOCATION.format(where=one, here=f"{here} {cors.get(one, '')}", limit=limit, upstream=gateway.upstream)
        for one in where
    ]
    if "/" not in where:
        locations.append("location / { return 404; }")
    locations.append(options.get("server", ""))
    configuration = CONFIGURATION.format(
        folder=gateway.folder, journal=gateway.record.journal, port=gateway.port, locations="\n    ".join(locations),
        tls="ssl" if options.get("certificate") else "",
        certificate="ssl_certificate {0}; ssl_certificate_key {0};".format(options["certificate"])
        if options.get("certificate") else "",
    )  # fmt: skip
    gateway.run("nginx", configuration, ["-p", str(gateway.folder), "-e", "stderr", "-c", "{}"])


if __name__ == "__main__":
    main()
