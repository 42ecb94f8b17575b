"""Real programs in front of the shop: nginx that stores or balances, and Varnish. On loopback, ended by process id."""

from __future__ import annotations

import ctypes
import http.client
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.needs import find

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 180

NGINX = """
daemon off; master_process off; worker_processes 1; error_log stderr warn; pid {folder}/nginx.pid;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  proxy_cache_path {folder}/cache keys_zone=answers:1m;
  upstream shop {{ {servers} }}
  server {{
    listen 127.0.0.1:{port};
    {beside}
    location / {{ {rest} }}
  }}
}}
"""
STORES = "proxy_cache answers; proxy_cache_valid any 10m; add_header X-Cache-Status $upstream_cache_status always;"
VCL = """
vcl 4.1;
backend default {{ .host = "127.0.0.1"; .port = "{upstream}"; }}
sub vcl_backend_response {{ if (beresp.status == 405 || beresp.status == 404) {{ set beresp.ttl = 10m; }} }}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        return int(reserved.getsockname()[1])


@contextmanager
def program(port: int, command: Sequence[str], folder: str) -> Iterator[int]:
    """Run a command that listens on `port` until the block ends."""
    with (Path(folder) / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=output, stderr=output, preexec_fn=_die_with_parent
        )
    try:
        deadline = time.monotonic() + SECONDS
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError((Path(folder) / "output.txt").read_text(errors="replace"))
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin:
            process.stdin.close()


def _die_with_parent() -> None:
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@contextmanager
def shop(build: str, *options: str, port: int = 0) -> Iterator[int]:
    """One build of the shop; its port."""
    with tempfile.TemporaryDirectory() as folder:
        port = port or free_port()
        with program(port, [sys.executable, "-m", "tests.surveys.app", str(port), build, *options], folder):
            yield port


@contextmanager
def nginx(*upstreams: int, more: str = "", beside: str = "", rest: str = "") -> Iterator[int]:
    """nginx that takes its upstreams in turn; `beside`: locations of their own, `rest`: what all others get instead."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        servers = " ".join(f"server 127.0.0.1:{u} max_fails=0;" for u in upstreams)
        path = Path(folder) / "nginx.conf"
        path.write_text(NGINX.format(folder=folder, port=port, servers=servers, beside=beside,
                                     rest=rest or f"proxy_pass http://shop; {more}"))  # fmt: skip
        with program(port, [find("nginx") or "nginx", "-p", folder, "-e", "stderr", "-c", str(path)], folder):
            yield port


@contextmanager
def varnish(upstream: int) -> Iterator[int]:
    """Varnish that stores refusals, too, and says so by `Age` and `X-Varnish`."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        path = Path(folder) / "shop.vcl"
        path.write_text(VCL.format(upstream=upstream))
        Path(folder).chmod(0o755)  # its worker runs as another user
        command = [find("varnishd") or "varnishd", "-F", "-a", f"127.0.0.1:{port}", "-f", str(path),
                   "-n", str(Path(folder) / "work"), "-s", "malloc,8M", "-T", "none"]  # fmt: skip
        with program(port, command, folder):
            yield port


def get(port: int, path: str, method: str = "GET") -> tuple[int, dict[str, str]]:
    """Status and fields of one request, as any client may have sent it before the audit."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        answer.read()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}
    finally:
        connection.close()
