"""ASP.NET Core."""

from __future__ import annotations

from auditor.differ.stacks import Mark, Stack
from auditor.model.finding import Side

STACK = Stack(
    id="aspnet-core",
    name="ASP.NET Core",
    side=Side.SERVICE,
    marks=(
        Mark(field=("server", r"^Kestrel")),
        Mark(page=r'"type":"https://tools\.ietf\.org/html/rfc(?:9110|7231)#section-'),
    ),
    symbol="StatusCodes.Status405MethodNotAllowed, HttpStatusCode.MethodNotAllowed",
    routes="EndpointDataSource.Endpoints, with HttpMethodMetadata",
    logs="Microsoft.AspNetCore.Routing logs `Request matched endpoint '405 HTTP Method Not Supported'` at debug",
    source="learn.microsoft.com, Routing in ASP.NET Core, Minimal APIs; IIS: WebDAV module",
    fixes={
        "serve": (
            'Map it: `[HttpDelete("{id}")]` on the action or `app.MapDelete("/orders/{id}", …)`; under IIS remove '
            "the WebDAV module and handler, which take PUT and DELETE for themselves."
        ),
        "drop": (
            "Give each action its `[HttpGet]` or `[HttpPost]`: an action without one answers every method, as does "
            "`app.Map`."
        ),
        "allow": (
            "Let endpoint routing answer 405: it sends `Allow`; a status-code page or exception handler that writes "
            "the answer anew must keep the field."
        ),
        "head": 'Accept it beside GET: `[HttpGet, HttpHead]`, or `app.MapMethods("/orders", ["GET", "HEAD"], …)`.',
        "cors": 'List the method in `policy.WithMethods("GET", "DELETE")`.',
    },
)
