"""Everything has moved: `status` (default 301) to the same path below `to` (default another host).

Option `places`: only these paths, each to the `Location` that stands there, any text; the rest is served.
"""

from __future__ import annotations

from tests.servers.apps.plain import Bookshop, serve


class RedirectAll(Bookshop):
    def before(self) -> bool:
        options = self.record.options
        place = options.get("to", "https://other.example.test") + self.path
        if "places" in options:
            place = options["places"].get(self.path.partition("?")[0])
        if place is not None:
            # A field line is octets; the standard library writes a character as the octet of its number.
            fields = {"Location": place.encode("utf-8").decode("latin-1")}
            self.answer(options.get("status", 301), {"moved": True}, fields)
        return place is not None


if __name__ == "__main__":
    serve(RedirectAll)
