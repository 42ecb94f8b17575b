"""FastAPI or Starlette."""

from __future__ import annotations

from auditor.differ.stacks import Mark, Stack
from auditor.model.finding import Side

STACK = Stack(
    id="fastapi",
    name="FastAPI or Starlette",
    side=Side.SERVICE,
    marks=(
        Mark(page=r'^\{"detail":\s*"(?:Method Not Allowed|Not Found)"\}$'),
        Mark(field=("server", r"^uvicorn|^hypercorn"), page=r"^(?:Method Not Allowed|Not Found)$"),
    ),
    symbol="status.HTTP_405_METHOD_NOT_ALLOWED (fastapi, starlette)",
    routes="[(r.path, r.methods) for r in app.routes]",
    logs='uvicorn.access logs `"DELETE /path HTTP/1.1" 405`',
    source="fastapi.tiangolo.com, Path Operations; starlette.io, Routing, CORSMiddleware",
    fixes={
        "serve": (
            'Declare the operation: `@router.delete("/orders/{order_id}")`, and include the router that holds it '
            "(`app.include_router(router)`); a router that is not included answers 404."
        ),
        "drop": (
            "Remove the method from `methods=[…]` of `add_api_route` or `Route`; a mounted application brings its "
            "own routes."
        ),
        "allow": (
            "Starlette names only the methods of the first route that matches the path: put all methods of a path "
            "into one `Route(…, methods=[…])`, or answer 405 in `@app.exception_handler(405)` with the `r.methods` of "
            "every route whose `r.matches(request.scope)[0]` is not `Match.NONE`."
        ),
        "slash": (
            "Set `redirect_slashes=False` on the app and the routers, and declare the path as the description "
            'writes it: `@router.get("/orders")`, `Route("/orders", …)`.'
        ),
        "head": (
            "Declare it: `@router.head(…)` beside `@router.get(…)`; FastAPI adds no HEAD by itself (a Starlette "
            "`Route` does)."
        ),
        "options": "Add `@router.options(…)`, or `CORSMiddleware` where browsers ask.",
        "cors": "List the method in `CORSMiddleware(allow_methods=[…])`; the default is GET alone.",
    },
)
