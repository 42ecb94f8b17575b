"""Handlers chosen by path alone: each acts whatever the method is, GET and unknown tokens included.

`/cache` empties the cache, `/orders` places an order if it understands the content; the rest only reads.
"""

from __future__ import annotations

from tests.servers.apps.plain import Bookshop, serve
from tests.servers.bookshop import DOCUMENTED, METHODS

ACTIONS = {"/cache": "DELETE", "/orders": "POST", "/orders/": "POST"}


class MethodBlind(Bookshop):
    def route(self) -> None:
        template, values = self.match()
        path = self.path.partition("?")[0].removeprefix("/v1")
        if path in ACTIONS:
            self.perform(ACTIONS[path], "/orders/" if path == "/orders" else path, {})
        elif template:
            self.perform("GET", template, values)
        else:
            self.not_found()


if __name__ == "__main__":
    serve(MethodBlind, {path: () if path.endswith("/reviews") else METHODS for path in DOCUMENTED})
