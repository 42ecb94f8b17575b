"""The process is gone after `requests` (default 20) requests, without an answer to the last one."""

from __future__ import annotations

import itertools
import os

from tests.servers.apps.plain import Bookshop, serve

count = itertools.count(1)


class DiesHalfWay(Bookshop):
    def before(self) -> bool:
        if next(count) >= self.record.options.get("requests", 20):
            os._exit(1)
        return False


if __name__ == "__main__":
    serve(DiesHalfWay)
