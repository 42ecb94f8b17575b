"""http.server as its users write it: one `do_METHOD` each, 501 by the library for every other token."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from tests.servers.apps.plain import Bookshop, serve


class Handler(Bookshop):
    moved = 301

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    def do_GET(self) -> None:
        self.handle_request()

    def do_POST(self) -> None:
        self.handle_request()

    def do_PATCH(self) -> None:
        self.handle_request()

    def do_DELETE(self) -> None:
        self.handle_request()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        if code == HTTPStatus.NOT_IMPLEMENTED:
            self.record.request(self.command, self.path)
        super().send_error(code, message, explain)

    def not_allowed(self, _allowed: object) -> None:
        self.not_found()


if __name__ == "__main__":
    serve(Handler)
