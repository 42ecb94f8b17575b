"""HAProxy in front of another server. Option `refused`: methods that it answers with its own 405, without `Allow`.

Option `listed`: it knows those that may pass, and refuses unknown methods too; otherwise it knows those to refuse.
Option `rules`: lines ahead of that.
"""

from __future__ import annotations

import os

from tests.servers.apps.gateway import Gateway

CONFIGURATION = """
global
  log fd@{journal} format raw local0
defaults
  mode http
  timeout connect 10s
  timeout client 60s
  timeout server 60s
# With the number of bytes in it a line is written once, when the exchange is over.
frontend edge
  bind 127.0.0.1:{port}
  log global
  log-format '{{"request": ["%HM", "%HU"], "bytes": %B}}'
  http-request return status 204 if {{ path_beg /--barrier- }}
  {rules}
  {limit}
  default_backend service
backend service
  server one {upstream}
"""


def main() -> None:
    gateway = Gateway()
    # HAProxy takes O_APPEND off what it inherits: it starts at the end, and nobody else writes from then on.
    journal = os.open(gateway.record.journal, os.O_WRONLY)
    os.set_inheritable(journal, True)
    deny = f"if {{ method {' '.join(sorted(gateway.refused))} }}"
    if gateway.record.options.get("listed"):
        deny = f"unless {{ method HEAD {' '.join(gateway.passing)} }}"
    configuration = CONFIGURATION.format(
        journal=journal,
        port=gateway.port,
        limit=f"http-request deny deny_status 405 {deny}" if gateway.refused else "",
        rules=gateway.record.options.get("rules", ""),
        upstream=gateway.upstream,
    )
    gateway.run("haproxy", configuration, ["-db", "-f", "{}"], lambda: os.lseek(journal, 0, os.SEEK_END))


if __name__ == "__main__":
    main()
