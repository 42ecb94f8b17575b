"""nginx in front of another server. Option `refused`: methods that it answers with 403 itself (limit_except)."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import sys
from pathlib import Path

from tests.servers.bookshop import METHODS
from tests.servers.record import Record

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
  server {{
    listen 127.0.0.1:{port} reuseport;
    location /--barrier- {{ return 204; }}
    location / {{
      {limit}
      proxy_set_header Host $http_host;
      proxy_pass http://{upstream};
    }}
  }}
}}
"""


def reserve(port: int) -> socket.socket:
    """A bound socket that nginx inherits and never listens on: nobody else can take the port before nginx does."""
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    reserved.bind(("127.0.0.1", port))
    reserved.set_inheritable(True)
    return reserved


def main() -> None:
    record = Record()
    folder = Path(record.journal).parent
    refused = set(record.options.get("refused", []))
    # limit_except names what may pass, and letting GET pass lets HEAD pass.
    passing = " ".join(sorted({*METHODS, "OPTIONS"} - refused))
    reserved = reserve(record.port)
    port = reserved.getsockname()[1]
    configuration = folder / "nginx.conf"
    configuration.write_text(
        CONFIGURATION.format(
            folder=folder,
            journal=record.journal,
            port=port,
            upstream=record.options["upstream"],
            limit=f"limit_except {passing} {{ deny all; }}" if refused else "",
        )
    )
    known: dict[str, list[str]] = record.options["upstream_truth"]
    record.truth({path: set(methods) - refused for path, methods in known.items()})
    record.ready(port)
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    os.execv(program, ["nginx", "-p", str(folder), "-e", "stderr", "-c", str(configuration)])


if __name__ == "__main__":
    main()
