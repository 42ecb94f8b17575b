"""Three deployments of one contract, and how each of them drifted: the whole truth about the demo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from auditor.demo.app import Answerer, Application, Route, gateway, not_found, stamped, without_allow
from auditor.demo.shop import Shop

BASE = "/v2"
STOCK = {"BK-0042": 17, "BK-0043": 0}
CARRIERS = ("Parcel Post", "Night Courier")
DENIED = frozenset({"DELETE"})
"""What the gateway in front of prod does not let through."""

Table = dict[str, Route]


@dataclass(frozen=True, slots=True)
class Deployment:
    """One environment of the demo. `story`: what runs there; `denied`: the methods that its gateway refuses."""

    name: str
    story: str
    answer: Answerer
    routes: Mapping[str, Route]
    denied: frozenset[str] = frozenset()


def deployments() -> tuple[Deployment, ...]:
    """dev, stage and prod, in promotion order, each with data of its own."""
    return dev(), stage(), prod()


def as_documented(shop: Shop) -> Table:
    """The route table that the contract asks for."""
    return {
        "/orders": Route({"GET": shop.list_orders, "POST": shop.place_order}),
        "/orders/{order}": Route({"GET": shop.get_order, "PATCH": shop.change_order, "DELETE": shop.cancel_order}),
        "/orders/{order}/notes": Route({"GET": shop.list_notes, "POST": shop.add_note}),
        "/orders/{order}/tracking": Route({"GET": shop.get_tracking, "POST": shop.report_place}),
        "/orders/{order}/refunds": Route({"POST": shop.refund}),
        "/shipments": Route({"GET": shop.listing("shipments"), "POST": shop.adding("shipments")}),
        "/returns": Route({"GET": shop.listing("returns"), "POST": shop.adding("returns")}),
        "/stock/{sku}": Route({"GET": shop.get_stock}),
        "/carriers": Route({"GET": shop.list_carriers}),
        "/customers/{customer}": Route({"GET": shop.get_customer, "PUT": shop.replace_customer}),
        "/webhooks/{webhook}": Route({"GET": shop.get_webhook, "DELETE": shop.unsubscribe}),
        "/payments/notifications": Route({"POST": shop.receive_payment}),
        "/exports": Route({"GET": shop.listing("exports"), "POST": shop.adding("exports", 202)}),
        "/vouchers": Route({"GET": shop.listing("vouchers"), "POST": shop.adding("vouchers")}),
        "/reports/revenue": Route({"GET": shop.revenue}, guard=shop.signed_in),
    }


def dev() -> Deployment:
    """The newest code, with a helper of the developers in it and a part that is not finished."""
    shop = Shop(stock=STOCK)  # nobody entered carriers here: the list is empty, and answered 204
    table = as_documented(shop)
    customer = table["/customers/{customer}"]
    table["/customers/{customer}"] = Route({**customer.handlers, "DELETE": shop.delete_customer})
    # The new partner module does not list vouchers yet; it matches method and path together, and so knows only 404.
    table["/vouchers"] = Route({"POST": shop.adding("vouchers")}, refuse=not_found)
    table["/payments/notifications"] = Route({"POST": shop.receive_payment}, refuse=not_found)
    return Deployment("dev", "the main branch", stamped(Application(BASE, table), "2.6.0-dev"), table)


def stage() -> Deployment:
    """The release candidate."""
    shop = Shop(amount=lambda cents: cents / 100, stock=STOCK, carriers=CARRIERS)
    table = as_documented(shop)
    table["/orders/{order}/tracking"] = Route({"POST": shop.report_place})
    table["/orders/{order}/refunds"] = Route({"GET": shop.list_refunds, "POST": shop.refund})
    # Written by hand when notes could only be added, and forgotten when they could be listed.
    table["/orders/{order}/notes"] = Route(table["/orders/{order}/notes"].handlers, written="POST, OPTIONS")
    table["/shipments/"] = table.pop("/shipments")
    return Deployment("stage", "the release candidate", stamped(Application(BASE, table), "2.5.0-rc1"), table)


def prod() -> Deployment:
    """The last release, behind a gateway."""
    shop = Shop(carriers=CARRIERS)  # the warehouse's address is missing in the settings: each look at the stock fails
    table = as_documented(shop)
    del table["/returns"]
    # An old module with an error handler of its own.
    table["/exports"] = Route(table["/exports"].handlers, refuse=without_allow, options=False)
    answer = gateway(stamped(Application(BASE, table), "2.4.3"), DENIED, "edge")
    return Deployment("prod", "the last release, behind a gateway", answer, table, DENIED)
