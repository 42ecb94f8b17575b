"""A gateway that asks for `Authorization: Bearer sesame` before it looks at path or method."""

from __future__ import annotations

from tests.servers.apps.plain import Bookshop, serve


class AuthFirst(Bookshop):
    def before(self) -> bool:
        if self.headers.get("Authorization") == "Bearer sesame":
            return False
        self.answer(401, {"error": "credentials needed"}, {"WWW-Authenticate": 'Bearer realm="bookshop"'})
        return True


if __name__ == "__main__":
    serve(AuthFirst)
