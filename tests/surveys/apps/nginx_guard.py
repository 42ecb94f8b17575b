"""nginx in front of another server. Options: `realm` asks for credentials everywhere (auth_basic, user `me`, password
`sesame`); `cache` stores every 200 for a minute, whoever asked for it, and says so in X-Cache.
"""

from __future__ import annotations

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
  proxy_cache_path {folder}/store keys_zone=store:1m;
  server {{
    listen 127.0.0.1:{port} reuseport;
    location /--barrier- {{ return 204; }}
    location / {{ {rules} proxy_set_header Host $http_host; proxy_pass http://{upstream}; }}
  }}
}}
"""
CACHE = 'proxy_cache store; proxy_cache_valid 200 1m; add_header X-Cache "$upstream_cache_status" always;'


def main() -> None:
    gateway = Gateway()
    rules = [CACHE] if gateway.record.options.get("cache") else []
    if realm := gateway.record.options.get("realm"):
        users = gateway.folder / "users"
        users.write_text("me:{PLAIN}sesame\n")
        rules.append(f'auth_basic "{realm}"; auth_basic_user_file {users}; proxy_set_header Authorization "";')
    configuration = CONFIGURATION.format(
        folder=gateway.folder, journal=gateway.record.journal, port=gateway.port, upstream=gateway.upstream,
        rules=" ".join(rules),
    )  # fmt: skip
    gateway.run("nginx", configuration, ["-p", str(gateway.folder), "-e", "stderr", "-c", "{}"])


if __name__ == "__main__":
    main()
