"""Real gateways on loopback, configured with what `auditor fix --gateway` printed, in front of a real application."""

from __future__ import annotations

import http.client
import http.server
import os
import socket
import subprocess
import textwrap
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.needs import find
from tests.servers.apps.apache import FOLDERS

SECONDS = 30
PASSED = "X-Application"
"""The field that tells the application's answer from the gateway's."""


class _Echo(http.server.BaseHTTPRequestHandler):
    """Answers every method on every path, as an application without an allow-list of its own."""

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def answer(self) -> None:
        self.send_response(200)
        self.send_header(PASSED, "yes")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@contextmanager
def echo() -> Iterator[int]:
    """The port of an application that answers everything itself."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def ask(port: int, method: str, path: str) -> tuple[int, bool, str | None]:
    """Status, whether the application answered, and Allow."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request(method, path, headers={"Host": "service.example"})
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.getheader(PASSED) is not None, answer.getheader("Allow")
    finally:
        connection.close()


def program(name: str) -> str:
    """The path of a gateway's program; also of what a Python package brings."""
    return find(name) or name


def nginx(text: str, folder: Path, port: int, upstream: int) -> tuple[list[str], list[str]]:
    http_part, _, server_part = text.partition("# Into the server block")
    (folder / "nginx.conf").write_text(f"""
daemon off; master_process off; error_log stderr warn; pid {folder}/nginx.pid;
events {{ worker_connections 64; }}
http {{
access_log off;
client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
{http_part}
server {{
  listen 127.0.0.1:{port};
#{server_part}
  location / {{
    add_header X-Location yes always; proxy_set_header Host $http_host; proxy_pass http://127.0.0.1:{upstream};
  }}
}}
}}
""")
    command = [program("nginx"), "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]
    return command, [*command, "-t"]


def apache(text: str, folder: Path, port: int, upstream: int) -> tuple[list[str], list[str]]:
    modules = next(f for f in map(Path, FOLDERS) if f.is_dir())
    wanted = ("mpm_event", "authz_core", "alias", "allowmethods", "headers", "proxy", "proxy_http", "unixd")
    loads = [f"LoadModule {m}_module {modules}/mod_{m}.so" for m in wanted if (modules / f"mod_{m}.so").exists()]
    (folder / "apache.conf").write_text("\n".join([
        f"ServerRoot {folder}", "ServerName 127.0.0.1", f"PidFile {folder}/apache.pid", f"DefaultRuntimeDir {folder}",
        f"Mutex default:{folder}", f"Listen 127.0.0.1:{port}", "User #65534", "Group #65534", *loads,
        f"ErrorLog {folder}/error.txt", "AllowEncodedSlashes NoDecode", "TraceEnable off",
        f"ProxyPass / http://127.0.0.1:{upstream}/ nocanon", text,
    ]))  # fmt: skip
    command = [program("apache2"), "-X", "-f", str(folder / "apache.conf")]
    return command, [*command, "-t"]


def haproxy(text: str, folder: Path, port: int, upstream: int) -> tuple[list[str], list[str]]:
    (folder / "haproxy.cfg").write_text(f"""
defaults
  mode http
  timeout connect 5s
  timeout client 20s
  timeout server 20s
frontend edge
  bind 127.0.0.1:{port}
{text}
  default_backend service
backend service
  server one 127.0.0.1:{upstream}
""")
    command = [program("haproxy"), "-db", "-f", str(folder / "haproxy.cfg")]
    return command, [*command, "-c"]


def caddy(text: str, folder: Path, port: int, upstream: int) -> tuple[list[str], list[str]]:
    (folder / "Caddyfile").write_text(f"""
{{
	admin off
	auto_https off
}}
http://:{port} {{
	bind 127.0.0.1
{text}
	handle {{
		reverse_proxy 127.0.0.1:{upstream}
	}}
}}
""")
    where = ["--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    return [program("caddy"), "run", *where], [program("caddy"), "validate", *where]


def envoy(text: str, folder: Path, port: int, upstream: int) -> tuple[list[str], list[str]]:
    (folder / "envoy.yaml").write_text(f"""
static_resources:
  listeners:
  - address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: edge
          normalize_path: true
          merge_slashes: true
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {{"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
{textwrap.indent(text, "              ")}
              - match: {{prefix: /}}
                route: {{cluster: service}}
  clusters:
  - name: service
    type: STATIC
    load_assignment:
      cluster_name: service
      endpoints:
      - lb_endpoints:
        - endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {upstream}}}}}}}
""")
    command = [program("envoy"), "--disable-hot-restart", "--concurrency", "1", "--log-level", "error",
               "-c", str(folder / "envoy.yaml")]  # fmt: skip
    return command, [*command, "--mode", "validate"]


LIVE: Mapping[str, Callable[[str, Path, int, int], tuple[list[str], list[str]]]] = {
    "nginx": nginx, "apache": apache, "haproxy": haproxy, "caddy": caddy, "envoy": envoy,
}  # fmt: skip
"""By KIND: writes the configuration around the text, and says how to run and how to check it."""
NEEDS = {"apache": "apache2"}


@contextmanager
def gateway(kind: str, text: str, folder: Path, upstream: int) -> Iterator[int]:
    """The port of a running gateway with that text in its configuration."""
    folder.mkdir(exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command, _ = LIVE[kind](text, folder, port, upstream)
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=_quiet(folder))
    try:
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                said = (folder / "output.txt").read_text(errors="replace")
                assert process.poll() is None, said
                assert time.monotonic() < deadline, said
                time.sleep(0.05)
        yield port
    finally:
        process.kill()
        process.wait()


def check(kind: str, text: str, folder: Path) -> None:
    """Lets the gateway itself check a configuration with that text in it."""
    folder.mkdir(exist_ok=True)
    _, command = LIVE[kind](text, folder, 1, 9)
    done = subprocess.run(
        command, capture_output=True, text=True, errors="replace", timeout=SECONDS, check=False, env=_quiet(folder)
    )
    assert done.returncode == 0, done.stdout + done.stderr + text


def _quiet(folder: Path) -> dict[str, str]:
    return {**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder)}
