"""Both APIs of the catalogue behind one interface, for servers that register their routes in a loop.

Option `api`: `bookshop` (the default) or `workshop`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from tests.servers import bookshop, workshop
from tests.servers.bookshop import Invalid, Missing, Shop
from tests.servers.record import Record

KINDS = {
    "bookId": "int", "taskId": "int", "orderId": "uuid", "projectId": "uuid", "period": "enum",
}  # fmt: skip
"""What a parameter takes; any text where it is not named."""
PERIODS = ("daily", "weekly")
NOTHING, JSON, FORM, STREAM = "nothing", "json", "form", "stream"
Values = Mapping[str, Any]
_NAME = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Handler:
    """One route: where it is, what content it takes (NOTHING, JSON, FORM, STREAM), and what it does."""

    method: str
    """`*`: any method."""
    template: str
    takes: str
    required: tuple[str, ...]
    act: Callable[[str, Values, Any], tuple[int, Any]]
    """From method, values of the path and content to status and content; Missing or Invalid."""
    enter: Callable[[str], None]
    """To be called with the method when the handler starts."""

    @property
    def names(self) -> list[str]:
        return _NAME.findall(self.template)

    def path(self, form: Callable[[str], str]) -> str:
        """The template in a framework's notation; `form` gives that of one parameter."""
        return _NAME.sub(lambda name: form(name[1]), self.template)


@dataclass(frozen=True, slots=True)
class Api:
    """What a server deploys."""

    name: str
    base: str
    handlers: tuple[Handler, ...]
    """A literal path before the template that matches it too."""
    served: Callable[[Iterable[tuple[str, Iterable[str]]]], dict[str, set[str]]]
    chunk: Callable[[str, bytes, bool], None]

    def by_path(self) -> Iterator[tuple[str, dict[str, Handler]]]:
        """Template and its handlers by method, for frameworks that keep one object per path."""
        for template in dict.fromkeys(h.template for h in self.handlers):
            yield template, {h.method: h for h in self.handlers if h.template == template}


def chosen(record: Record) -> Api:
    """The API that the options ask for."""
    return _workshop(record) if record.options.get("api") == "workshop" else _bookshop(record)


def table(name: str) -> dict[str, Any]:
    """Either API as data, for servers in other languages: options of a stack."""
    unused = cast(Record, None)
    api = _workshop(unused) if name == "workshop" else _bookshop(unused)
    store = workshop.VALUES if name == "workshop" else {"slug": "ursula-le-guin", "orderId": bookshop.ORDER}
    more = {"taskId": ["7", "8"]} if name == "workshop" else {"bookId": ["1", "2"]}
    return {
        "api": name,
        "base": api.base,
        "methods": sorted(bookshop.METHODS),
        "documented": workshop.DOCUMENTED if name == "workshop" else bookshop.DOCUMENTED,
        "numbers": [parameter for parameter, kind in KINDS.items() if kind == "int"],
        "known": {**{parameter: [value] for parameter, value in store.items()}, "period": PERIODS, **more},
        "redirect": "/orders/" if name == "bookshop" else None,
        "handlers": [
            {"method": h.method, "template": h.template, "takes": h.takes, "required": h.required} for h in api.handlers
        ],
    }


def answer(act: Callable[[], tuple[int, Any]]) -> tuple[int, Any]:
    """What `act` says, or what its complaint means: for frameworks without handlers of exceptions."""
    try:
        return act()
    except Missing as error:
        return 404, {"error": str(error)}
    except Invalid as error:
        return 422, {"error": str(error)}


def _workshop(record: Record) -> Api:
    shop = workshop.Workshop(record)

    def handler(method: str, template: str) -> Handler:
        def act(used: str, values: Values, data: Any) -> tuple[int, Any]:
            return shop.perform(used, template, {name: str(value) for name, value in values.items()}, data)

        takes = JSON if (method, template) in workshop.TAKES_JSON else NOTHING
        takes = {("POST", workshop.IMPORTS): FORM, ("PUT", workshop.FILE): STREAM}.get((method, template), takes)
        required = workshop.REQUIRED.get((method, template))
        return Handler(method, template, takes, (required,) if required else (), act,
                       lambda used: shop.enter(used, template))  # fmt: skip

    routes = [
        handler(method, template)
        for template, methods in workshop.ROUTES.items()
        for method in (("*",) if template == workshop.HOOK else sorted(methods))
    ]
    return Api("workshop", workshop.BASE, tuple(routes), workshop.served, shop.chunk)


def _bookshop(record: Record) -> Api:
    shop = Shop(record)
    required = {"/books": ("title", "price"), "/orders/": ("bookId", "quantity")}
    acts: dict[tuple[str, str], Callable[[Values, Any], tuple[int, Any]]] = {
        ("GET", "/health"): lambda v, d: (200, {"status": "up"}),
        ("GET", "/books"): lambda v, d: (200, list(shop.books.values())),
        ("POST", "/books"): lambda v, d: (201, shop.create_book(d)),
        ("GET", "/books/{bookId}"): lambda v, d: (200, shop.book(_number(v["bookId"]))),
        ("PATCH", "/books/{bookId}"): lambda v, d: (200, shop.change_book(_number(v["bookId"]), d)),
        ("DELETE", "/books/{bookId}"): lambda v, d: (204, shop.delete_book(_number(v["bookId"]))),
        ("GET", "/authors/{slug}"): lambda v, d: (200, shop.author(v["slug"])),
        ("PATCH", "/authors/{slug}"): lambda v, d: (200, shop.change_author(v["slug"], d)),
        ("DELETE", "/authors/{slug}"): lambda v, d: (204, shop.delete_author(v["slug"])),
        ("POST", "/orders/"): lambda v, d: (201, shop.create_order(d)),
        ("GET", "/orders/{orderId}"): lambda v, d: (200, shop.order(str(v["orderId"]))),
        ("GET", "/search"): lambda v, d: (200, shop.search("")),
        ("DELETE", "/cache"): lambda v, d: (204, shop.flush()),
    }

    def handler(method: str, template: str) -> Handler:
        takes = JSON if method in {"POST", "PATCH"} else NOTHING
        return Handler(
            method, template, takes, required.get(template, ()) if method == "POST" else (),
            lambda used, values, data: acts[method, template](values, data),
            lambda used: None if used == "GET" else shop.enter(f"{used} {template}"),
        )  # fmt: skip

    return Api("bookshop", bookshop.BASE, tuple(handler(*key) for key in acts), bookshop.served, lambda *_: None)


def _number(text: Any) -> int:
    if not str(text).isdecimal():
        raise Missing(f"no {text}")
    return int(text)
