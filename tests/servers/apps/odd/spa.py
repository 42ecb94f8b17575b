"""A single-page application beside the API: every unknown path is answered with the page, 200, to GET and HEAD."""

from __future__ import annotations

from tests.servers.apps.plain import Bookshop, serve

PAGE = b"<!doctype html><html><head><title>Bookshop</title></head><body><div id=app></div></body></html>"


class Spa(Bookshop):
    def not_found(self) -> None:
        if self.command in {"GET", "HEAD"}:
            self.answer(200, PAGE, {"Content-Type": "text/html; charset=utf-8"})
        else:
            super().not_found()


if __name__ == "__main__":
    serve(Spa)
