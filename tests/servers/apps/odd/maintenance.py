"""Closed for maintenance: 503 with Retry-After for everything."""

from __future__ import annotations

from tests.servers.apps.plain import Bookshop, serve


class Maintenance(Bookshop):
    def before(self) -> bool:
        self.answer(503, {"error": "back soon"}, {"Retry-After": "3600"})
        return True


if __name__ == "__main__":
    serve(Maintenance)
