"""429 with `Retry-After: 1` once `limit` (default 10) requests came within the running second."""

from __future__ import annotations

import threading
import time

from tests.servers.apps.plain import Bookshop, serve


class RateLimited(Bookshop):
    lock = threading.Lock()
    window = 0.0
    count = 0

    def before(self) -> bool:
        with self.lock:
            now = time.monotonic()
            if now - RateLimited.window >= 1:
                RateLimited.window, RateLimited.count = now, 0
            RateLimited.count += 1
            if RateLimited.count <= self.record.options.get("limit", 10):
                return False
        self.answer(429, {"error": "slow down"}, {"Retry-After": "1"})
        return True


if __name__ == "__main__":
    serve(RateLimited)
