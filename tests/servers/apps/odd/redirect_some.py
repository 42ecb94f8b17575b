"""Some paths redirect: `places` says where each leads (a `Location` as it is, any text), `status` how (default 308)."""

from __future__ import annotations

from tests.servers.apps.plain import Bookshop, serve


class RedirectSome(Bookshop):
    def before(self) -> bool:
        place = self.record.options.get("places", {}).get(self.path.partition("?")[0])
        if place is not None:
            # A field line is octets; the standard library writes a character as the octet of its number.
            octets = place.encode("utf-8").decode("latin-1")
            self.answer(self.record.options.get("status", 308), {"moved": True}, {"Location": octets})
        return place is not None


if __name__ == "__main__":
    serve(RedirectSome)
