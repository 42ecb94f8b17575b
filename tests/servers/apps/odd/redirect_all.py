"""Everything has moved: `status` (default 301) to the same path below `to` (default another host)."""

from __future__ import annotations

from tests.servers.apps.plain import Bookshop, serve


class RedirectAll(Bookshop):
    def before(self) -> bool:
        to = self.record.options.get("to", "https://other.example.test")
        self.answer(self.record.options.get("status", 301), {"moved": True}, {"Location": to + self.path})
        return True


if __name__ == "__main__":
    serve(RedirectAll)
