"""Starlette, drifted: see tests/fix/drifts.py."""

from __future__ import annotations

import sys
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


async def orders(request: Any) -> Response:
    return JSONResponse([{"id": 1}])


async def order(request: Any) -> Response:
    if request.path_params["id"] != 1:
        raise HTTPException(404, "no such order")
    return JSONResponse({"id": 1})


async def returns(request: Any) -> Response:
    return JSONResponse([])


routes = [
    Route("/orders", orders, methods=["GET"]),
    Route("/orders", orders, methods=["POST"]),
    Route("/orders/{id:int}", order, methods=["GET", "PATCH"]),
    Route("/returns/", returns),
]
app = Starlette(routes=routes)
if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
