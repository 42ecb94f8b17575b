"""A debugging page left on: a 404 repeats request line and fields, credentials included, in body and Location."""

from __future__ import annotations

from urllib.parse import quote

from tests.servers.apps.plain import Bookshop, serve


class Reflecting(Bookshop):
    def not_found(self) -> None:
        seen = {"method": self.command, "target": self.path, "fields": dict(self.headers.items())}
        secret = quote(self.headers.get("Authorization", "none"), safe="")
        self.answer(404, {"error": "no such path", "request": seen}, {"Location": f"/v1/login?was={secret}"})


if __name__ == "__main__":
    serve(Reflecting)
