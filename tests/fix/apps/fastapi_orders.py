"""FastAPI, drifted: see tests/fix/drifts.py."""

from __future__ import annotations

import sys
from typing import Any

import uvicorn
from fastapi import APIRouter, FastAPI, HTTPException, Response
from fastapi.responses import JSONResponse  # noqa: F401
from pydantic import BaseModel
from starlette.routing import Match  # noqa: F401

app = FastAPI(openapi_url=None)
router = APIRouter()
reports = APIRouter()


class Order(BaseModel):
    title: str


# The operations of /orders/{order_id}.
def order(order_id: int) -> Any:
    if order_id != 1:
        raise HTTPException(404, "no such order")
    return {"id": 1}


router.add_api_route("/orders/{order_id}", order, methods=["GET", "PATCH"])


# The rest of /orders/{order_id}.
def remove(order_id: int) -> Any:
    if order_id != 1:
        raise HTTPException(404, "no such order")
    return Response(status_code=204)


@router.get("/orders")
def orders() -> list[Any]:
    return []


@router.post("/orders")
def create(body: Order) -> Any:
    return Response(status_code=201)


@router.get("/returns/")
def returns() -> list[Any]:
    return []


@reports.get("/reports")
def reported() -> list[Any]:
    return []


app.include_router(router)
if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
