"""The service of the demo: handlers over a store in memory. State-changing ones do change it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from auditor.demo.app import Problem, Request, Response, reply


def euros(cents: int) -> Any:
    """An amount as the contract has it: text, so that no cent is rounded away."""
    return f"{cents // 100}.{cents % 100:02}"


class Shop:
    """One deployment's data and handlers.

    `amount` writes cents; `stock` is None where nobody set the warehouse up; `carriers` are those of this environment.
    """

    def __init__(
        self, *, amount: Callable[[int], Any] = euros, stock: dict[str, int] | None = None,
        carriers: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        self.amount, self.stock, self.carriers = amount, stock, carriers
        self.orders: dict[str, dict[str, Any]] = {
            "ord-1001": {"status": "shipped", "cents": 12990, "notes": ["rings twice"], "place": "Leipzig"},
            "ord-1002": {"status": "placed", "cents": 1750, "notes": [], "place": "warehouse"},
        }
        self.customers: dict[str, dict[str, Any]] = {"cus-204": {"name": "Corner Bookshop"}}
        self.webhooks: dict[str, dict[str, Any]] = {"wh-7": {"url": "https://partner.example/orders"}}
        self.lists: dict[str, list[dict[str, Any]]] = {
            "shipments": [{"order": "ord-1001"}], "vouchers": [{"code": "SPRING", "order": "ord-1002"}],
            "returns": [], "exports": [], "payments": [], "refunds": [],
        }  # fmt: skip
        self._token = secrets.token_hex(16)

    # --- orders ---

    def list_orders(self, request: Request) -> Response:
        return reply(200, [{"id": number, "status": order["status"]} for number, order in self.orders.items()])

    def place_order(self, request: Request) -> Response:
        number = f"ord-{1001 + len(self.orders)}"
        self.orders[number] = {"status": "placed", "cents": int(request.json().get("cents", 0)), "notes": []}
        return reply(201, self._order(number))

    def get_order(self, request: Request, order: str) -> Response:
        return reply(200, self._order(order))

    def change_order(self, request: Request, order: str) -> Response:
        _existing(self.orders, order)["status"] = str(request.json().get("status", "placed"))
        return reply(200, self._order(order))

    def cancel_order(self, request: Request, order: str) -> Response:
        _existing(self.orders, order)["status"] = "cancelled"
        return reply(204)

    def list_notes(self, request: Request, order: str) -> Response:
        return reply(200, _existing(self.orders, order)["notes"])

    def add_note(self, request: Request, order: str) -> Response:
        _existing(self.orders, order)["notes"].append(str(request.json().get("text", "")))
        return reply(201)

    def get_tracking(self, request: Request, order: str) -> Response:
        return reply(200, {"carrier": "Parcel Post", "place": _existing(self.orders, order).get("place", "unknown")})

    def report_place(self, request: Request, order: str) -> Response:
        _existing(self.orders, order)["place"] = str(request.json().get("place", "unknown"))
        return reply(204)

    def list_refunds(self, request: Request, order: str) -> Response:
        _existing(self.orders, order)
        return reply(200, [r for r in self.lists["refunds"] if r["order"] == order])

    def refund(self, request: Request, order: str) -> Response:
        _existing(self.orders, order)
        self.lists["refunds"].append({**request.json(), "order": order})
        return reply(201)

    def _order(self, number: str) -> dict[str, Any]:
        order = _existing(self.orders, number)
        return {"id": number, "status": order["status"], "total": self.amount(order["cents"])}

    # --- logistics ---

    def get_stock(self, request: Request, sku: str) -> Response:
        if self.stock is None:
            raise RuntimeError("no warehouse is configured")
        if sku not in self.stock:
            raise Problem(404, "No such article")
        return reply(200, {"sku": sku, "pieces": self.stock[sku]})

    def list_carriers(self, request: Request) -> Response:
        return reply(200, list(self.carriers)) if self.carriers else reply(204)

    # --- partners ---

    def get_customer(self, request: Request, customer: str) -> Response:
        return reply(200, {"id": customer, **_existing(self.customers, customer)})

    def replace_customer(self, request: Request, customer: str) -> Response:
        _existing(self.customers, customer)
        self.customers[customer] = {"name": str(request.json().get("name", ""))}
        return self.get_customer(request, customer)

    def delete_customer(self, request: Request, customer: str) -> Response:
        _existing(self.customers, customer)
        del self.customers[customer]
        return reply(204)

    def get_webhook(self, request: Request, webhook: str) -> Response:
        return reply(200, {"id": webhook, **_existing(self.webhooks, webhook)})

    def unsubscribe(self, request: Request, webhook: str) -> Response:
        _existing(self.webhooks, webhook)
        del self.webhooks[webhook]
        return reply(204)

    def receive_payment(self, request: Request) -> Response:
        self.lists["payments"].append(request.json())
        return reply(204)

    def revenue(self, request: Request) -> Response:
        return reply(200, [{"month": "2026-01", "total": self.amount(sum(o["cents"] for o in self.orders.values()))}])

    # --- parts ---

    def listing(self, name: str) -> Callable[..., Response]:
        """A handler that lists one kind of thing."""
        return lambda request: reply(200, self.lists[name])

    def adding(self, name: str, status: int = 201) -> Callable[..., Response]:
        """A handler that adds one of a kind."""

        def add(request: Request) -> Response:
            self.lists[name].append(request.json())
            return reply(status)

        return add

    def signed_in(self, request: Request) -> None:
        """The guard of what is not for everybody; nobody outside knows the token."""
        given = request.fields.get("authorization", "").encode()
        if not secrets.compare_digest(given, f"Bearer {self._token}".encode()):
            raise Problem(401, "A token is needed", (("WWW-Authenticate", "Bearer"),))


def _existing(store: dict[str, dict[str, Any]], key: str) -> dict[str, Any]:
    if key not in store:
        raise Problem(404, "No such object")
    return store[key]
