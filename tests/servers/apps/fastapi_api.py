"""FastAPI on uvicorn, either API: parameters and content declared by type, hence checked before the handler starts."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import FastAPI, File, Path, Request, Response, UploadFile
from fastapi.responses import JSONResponse
from pydantic import ConfigDict, create_model

from tests.servers.apps.api import FORM, JSON, KINDS, STREAM, Handler, answer, chosen
from tests.servers.apps.asgi import serve
from tests.servers.bookshop import METHODS
from tests.servers.record import Record

record = Record()
api = chosen(record)
app = FastAPI(title=api.name, openapi_url=None, docs_url=None, redoc_url=None)
TYPES: dict[str, Any] = {"int": int, "uuid": UUID, "enum": Literal["daily", "weekly"]}


def signature(handler: Handler) -> inspect.Signature:
    """What FastAPI is to check and hand over."""
    types = {name: Annotated[TYPES.get(KINDS.get(name, ""), str), Path()] for name in handler.names}
    if handler.takes == JSON:
        members: dict[str, Any] = dict.fromkeys(handler.required, (Any, ...))
        types["content"] = create_model("Content", __config__=ConfigDict(extra="allow"), **members)
    if handler.takes == FORM:
        types["content"] = Annotated[UploadFile, File(alias="file")]
    types["request"] = Request
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Signature([inspect.Parameter(name, kind, annotation=given) for name, given in types.items()])


def endpoint(handler: Handler) -> Callable[..., Any]:
    async def run(request: Request, content: Any = None, **values: Any) -> Response:
        handler.enter(request.method)
        if handler.takes == STREAM:
            first = True
            async for data in request.stream():
                if data or first:
                    api.chunk(values["name"], data, first)
                first = False
        data = content.model_dump() if handler.takes == JSON else content is not None
        status, body = answer(lambda: handler.act(request.method, values, data))
        if isinstance(body, bytes) or body is None:
            return Response(body, status_code=status)
        return JSONResponse(body, status_code=status)

    run.__signature__ = signature(handler)  # type: ignore[attr-defined]
    return run


for one in api.handlers:
    app.add_api_route(
        api.base + one.template,
        endpoint(one),
        methods=sorted(METHODS) if one.method == "*" else [one.method],
        response_model=None,
    )

if __name__ == "__main__":
    record.truth(api.served((route.path, route.methods) for route in app.routes))  # type: ignore[attr-defined]
    serve(app, record)
