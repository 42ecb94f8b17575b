"""What is wrong in each service of `apps/`, and the edits that mend it, in the words of edits.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.fix.deployed import Command, go, java, node, python
from tests.fix.edits import (
    BY_ID,
    MISSING,
    NO_ALLOW,
    REDIRECT,
    UNDOCUMENTED,
    UNROUTED,
    WRONG_ALLOW,
    Drift,
    Edit,
    fix_text,
)


@dataclass(frozen=True)
class Deployment:
    """A file of `apps/`, the paths that are documented for it, and how it drifted."""

    stack: str
    source: str
    command: Command
    paths: Mapping[str, str]
    drifts: tuple[Drift, ...]
    mode: str = "safe"
    needs: tuple[str, ...] = ()
    name: str = ""
    off: tuple[str, ...] = ()
    """Rules that are left out: what they say is so before and after, and was only not asked before."""

    def says(self, rule: str) -> str:
        """What its stack says against a finding of that rule."""
        return fix_text(BY_ID[self.stack], rule)


SERVICES = (
    Deployment(
        "flask", "flask_orders.py", python,
        {"/orders": "get post", "/orders/{id}": "get delete", "/baskets/{id}": "get", "/returns": "get"},
        (
            Drift(MISSING, "/orders/{id}", "DELETE", (
                Edit('@bp.route("/orders/<int:id>", methods=["GET"])',
                     '@bp.route("/orders/<int:id>", methods=["GET", "DELETE"])',
                     types='@bp.route("/orders/<int:id>", methods=["GET", "DELETE"])'),
            )),
            Drift(UNDOCUMENTED, "/baskets/{id}", "PATCH", (
                Edit('methods=["GET", "PATCH"]', 'methods=["GET"]', drops="methods=[…]"),
            )),
            Drift(REDIRECT, "/returns", "GET", (
                Edit('@bp.get("/returns/")', '@bp.get("/returns/", strict_slashes=False)',
                     types="strict_slashes=False"),
            )),
            Drift(NO_ALLOW, "/orders", "REPORT", (
                Edit("    return response, 405",
                     '    response.headers["Allow"] = ", ".join(error.valid_methods)\n    return response, 405',
                     types='response.headers["Allow"] = ", ".join(error.valid_methods)'),
            )),
            Drift(NO_ALLOW, "/orders/{id}", "REPORT"),
            Drift(NO_ALLOW, "/baskets/{id}", "REPORT"),
        ),
        mode="inert",
    ),
    Deployment(
        "fastapi", "fastapi_orders.py", python,
        {"/orders": "get post", "/orders/{id}": "get delete", "/reports": "get", "/returns": "get"},
        (
            Drift(MISSING, "/orders/{id}", "DELETE", (
                Edit("# The rest of /orders/{order_id}.\n", '@router.delete("/orders/{order_id}")\n',
                     types='@router.delete("/orders/{order_id}")'),
            )),
            Drift(UNDOCUMENTED, "/orders/{id}", "PATCH", (
                Edit('methods=["GET", "PATCH"]', 'methods=["GET"]', drops="methods=[…]"),
            )),
            Drift(UNROUTED, "/reports", "GET", (
                Edit("app.include_router(router)\n", "app.include_router(router)\napp.include_router(reports)\n",
                     types="app.include_router(router)"),
            )),
            Drift(WRONG_ALLOW, "/orders", "POST", (
                Edit('if __name__ == "__main__":', '''
@app.exception_handler(405)
async def refused(request, error):
    found = [r for r in app.routes if r.matches(request.scope)[0] != Match.NONE]
    allow = ", ".join({m for r in found for m in r.methods})
    return JSONResponse({"detail": "Method Not Allowed"}, 405, {"Allow": allow})


if __name__ == "__main__":''', types="@app.exception_handler(405)"),
            )),
            Drift("options-unanswered", None, "OPTIONS", (
                Edit("# The operations of /orders/{order_id}.\n", '''@router.options("/orders")
@router.options("/orders/{order_id}")
@router.options("/reports")
@router.options("/returns")
def options():
    return Response(status_code=204)


''', types="@router.options(…)"),
            ), hidden=True),
            Drift(REDIRECT, "/returns", "GET", (
                Edit("FastAPI(", "FastAPI(redirect_slashes=False, ", types="redirect_slashes=False"),
                Edit('@router.get("/returns/")', '@router.get("/returns")', types='@router.get("/orders")'),
            )),
        ),
        mode="inert",
    ),
    Deployment(
        "fastapi", "starlette_orders.py", python,
        {"/orders": "get post", "/orders/{id}": "get", "/returns": "get"},
        (
            Drift(UNDOCUMENTED, "/orders/{id}", "PATCH", (
                Edit('methods=["GET", "PATCH"]', 'methods=["GET"]', drops="methods=[…]"),
            )),
            Drift(WRONG_ALLOW, "/orders", "POST", (
                Edit('    Route("/orders", orders, methods=["GET"]),\n'
                     '    Route("/orders", orders, methods=["POST"]),\n',
                     '    Route("/orders", orders, methods=["GET", "POST"]),\n', types="Route(…, methods=[…])"),
            )),
            Drift(REDIRECT, "/returns", "GET", (
                Edit('Route("/returns/", returns)', 'Route("/returns", returns)', types='Route("/orders", …)'),
            )),
        ),
        mode="inert", name="starlette",
    ),
    Deployment(
        "django", "django_orders.py", python,
        {"/orders": "get post", "/orders/{id}": "get delete", "/baskets": "get post", "/baskets/{id}": "get post",
         "/returns": "get"},
        (
            Drift(MISSING, "/orders/{id}", "DELETE", (
                Edit('@require_http_methods(["GET"])\ndef order(',
                     '@require_http_methods(["GET", "DELETE"])\ndef order(',
                     types='@require_http_methods(["GET", "DELETE"])'),
            )),
            Drift(UNDOCUMENTED, "/baskets/{id}", "PATCH", (
                Edit('@require_http_methods(["GET", "POST", "PATCH"])', '@require_http_methods(["GET", "POST"])',
                     types='@require_http_methods(["GET", "POST"])'),
            )),
            Drift(NO_ALLOW, "/baskets", "REPORT", (
                Edit("return HttpResponse(status=405)", 'return HttpResponseNotAllowed(["GET", "POST"])',
                     types='HttpResponseNotAllowed(["GET", "POST"])'),
            )),
            Drift(REDIRECT, "/returns", "GET", (
                Edit("APPEND_SLASH = True", "APPEND_SLASH = False", types="APPEND_SLASH = False"),
                Edit('path("returns/", returns)', 'path("returns", returns)', types='path("orders", …)'),
            )),
        ),
        mode="inert", off=("options-unanswered",),
    ),
    Deployment(
        "django-rest-framework", "drf_orders.py", python,
        {"/orders": "get post", "/orders/{id}": "get delete", "/baskets/{id}": "get", "/returns": "get"},
        (
            Drift(MISSING, "/orders/{id}", "DELETE", (
                Edit("def remove(self, request, pk)", "def delete(self, request, pk)",
                     types="def delete(self, request, pk)"),
                Edit('    http_method_names = ["get", "head", "options"]',
                     '    http_method_names = ["get", "delete", "head", "options"]',
                     types="http_method_names"),
            )),
            Drift(UNDOCUMENTED, "/baskets/{id}", "PATCH", (
                Edit('    http_method_names = ["get", "post", "patch", "head", "options"]',
                     '    http_method_names = ["get", "post", "head", "options"]',
                     types='http_method_names = ["get", "post", "head", "options"]'),
            )),
            Drift(REDIRECT, "/returns", "GET", (
                Edit('re_path(r"^returns/$", Returns.as_view())', 're_path(r"^returns/?$", Returns.as_view())',
                     types='re_path(r"^orders/?$", …)'),
            )),
            Drift(NO_ALLOW, "/orders", "REPORT", (
                Edit("    default_response_headers = {}\n\n", "", drops="default_response_headers"),
            )),
        ),
        mode="inert",
    ),
    Deployment(
        "express", "express_orders.mjs", node,
        {"/orders": "get post", "/orders/{id}": "get delete", "/reports": "get"},
        (
            Drift(MISSING, "/orders/{id}", "GET", (
                Edit('app.route("/orders/:id").delete(remove);', 'app.route("/orders/:id").get(show).delete(remove);',
                     types='app.route("/orders/:id").get(show).delete(remove)'),
            )),
            Drift(MISSING, "/reports", "GET", (
                Edit("app.listen(", "app.use(reports);\napp.listen(", types="app.use"),
            )),
        ),
        needs=("node", "express"),
    ),
    Deployment(
        "fastify", "fastify_orders.mjs", node,
        {"/orders": "get post", "/orders/{id}": "get", "/reports": "get", "/returns": "get"},
        (
            Drift(MISSING, "/reports", "GET", (
                Edit('{ prefix: "/v0" }', '{ prefix: "/" }', types="prefix"),
            )),
            Drift("options-unanswered", None, "OPTIONS", (
                Edit("await fastify.listen", '''fastify.options("/reports", answered);
fastify.options("/returns", answered);
fastify.options("/orders/:id", answered);
fastify.options("/orders", answered);
await fastify.listen''', types='fastify.options("/orders", …)'),
            )),
            Drift(REDIRECT, "/returns", "GET", (
                Edit("{ exposeHeadRoutes: false }",
                     "{ exposeHeadRoutes: false, routerOptions: { ignoreTrailingSlash: true } }",
                     types="routerOptions: { ignoreTrailingSlash: true }"),
                Edit('fastify.get("/returns", (request, reply) => reply.redirect("/returns/", 301));\n', "",
                     drops="reply.redirect(…)"),
            )),
        ),
        needs=("node", "fastify"),
    ),
    Deployment(
        "go-net-http", "go/nethttp/main.go", go,
        {"/orders": "get", "/orders/{id}": "get delete", "/returns": "get"},
        (
            Drift(MISSING, "/orders/{id}", "DELETE", (
                Edit('\tmux.HandleFunc("/baskets"', '\tmux.HandleFunc("DELETE /orders/{id}", remove)\n'
                     '\tmux.HandleFunc("/baskets"', types='mux.HandleFunc("DELETE /orders/{id}", remove)'),
            )),
            Drift("options-unanswered", None, "OPTIONS", (
                Edit('\tmux.HandleFunc("GET /orders", list)\n', '''\tmux.HandleFunc("GET /orders", list)
\tmux.HandleFunc("OPTIONS /orders", options)
\tmux.HandleFunc("OPTIONS /orders/{id}", options)
\tmux.HandleFunc("OPTIONS /returns", options)
''', types='mux.HandleFunc("OPTIONS /orders", options)'),
            ), hidden=True),
            Drift(REDIRECT, "/returns", "GET", (
                Edit('"GET /returns/"', '"GET /returns"', types='"GET /orders"'),
            )),
        ),
        mode="inert", needs=("go",),
    ),
    Deployment(
        "go-net-http", "go/nethttp/main.go", go, {"/baskets": "get post"},
        (
            Drift(NO_ALLOW, "/baskets", "OPTIONS REPORT", (
                Edit("\t\thttp.Error(w, ", '\t\tw.Header().Set("Allow", "GET, HEAD, POST")\n\t\thttp.Error(w, ',
                     types='w.Header().Set("Allow", "GET, HEAD, POST")'),
            )),
            Drift("options-unanswered", None, "OPTIONS", (
                Edit('\tmux.HandleFunc("/baskets"',
                     '\tmux.HandleFunc("OPTIONS /baskets", options)\n\tmux.HandleFunc("/baskets"',
                     types='mux.HandleFunc("OPTIONS /orders", options)'),
            )),
        ),
        needs=("go",), name="go-net-http-by-hand",
    ),
    Deployment(
        "gin", "go/gin/main.go", go,
        {"/orders": "get post", "/orders/{id}": "get delete", "/returns": "get"},
        (
            Drift(MISSING, "/orders/{id}", "DELETE", (
                Edit('\tr.GET("/orders/:id", show)\n',
                     '\tr.GET("/orders/:id", show)\n\tr.DELETE("/orders/:id", remove)\n',
                     types='r.DELETE("/orders/:id", remove)'),
            )),
            Drift("wrong-refusal-status", "/orders/{id}", "PATCH", (
                Edit("engine := gin.New()", "engine := gin.New()\n\tengine.HandleMethodNotAllowed = true",
                     types="engine.HandleMethodNotAllowed = true"),
            )),
            Drift("options-unanswered", None, "OPTIONS", (
                Edit("\tengine.Run(", '''\tr.OPTIONS("/orders", options)
\tr.OPTIONS("/orders/:id", options)
\tr.OPTIONS("/returns", options)
\tengine.Run(''', types='r.OPTIONS("/orders", options)'),
            )),
            Drift("head-not-supported", None, "HEAD", (
                Edit('\tr.GET("/orders", list)\n', '\tr.GET("/orders", list)\n\tr.HEAD("/returns", list)\n',
                     types='r.HEAD("/orders", list)'),
            ), hidden=True),
            Drift(REDIRECT, "/returns", "GET", (
                Edit('\tr.GET("/returns/", list)\n', '\tengine.RedirectTrailingSlash = false\n'
                     '\tr.GET("/returns/", list)\n\tr.GET("/returns", list)\n',
                     types="engine.RedirectTrailingSlash = false"),
            )),
        ),
        mode="inert", needs=("go", "gin"),
    ),
    Deployment(
        "chi", "go/chi/main.go", go, {"/orders": "get post", "/orders/{id}": "get delete", "/returns/": "get"},
        (
            Drift(MISSING, "/orders/{id}", "DELETE", (
                Edit('\tr.Get("/orders/{id}", show)\n',
                     '\tr.Get("/orders/{id}", show)\n\tr.Delete("/orders/{id}", remove)\n',
                     types='r.Delete("/orders/{id}", remove)'),
            ), told=False),
            Drift(REDIRECT, "/returns/", "GET", (
                Edit("middleware.RedirectSlashes", "middleware.StripSlashes", types="middleware.StripSlashes"),
            ), told=False),
            Drift(NO_ALLOW, "/orders", "REPORT", (
                Edit("func main() {\n", 'func main() {\n\tchi.RegisterMethod("REPORT")\n',
                     types='chi.RegisterMethod("REPORT")'),
            ), told=False),
            Drift(NO_ALLOW, "/orders/{id}", "REPORT", told=False),
            Drift("options-unanswered", None, "OPTIONS", (
                Edit("\thttp.ListenAndServe", '''\tr.Options("/orders", options)
\tr.Options("/orders/{id}", options)
\tr.Options("/returns", options)
\thttp.ListenAndServe''', types='r.Options("/orders", options)'),
            ), told=False),
            Drift("head-not-supported", None, "HEAD", (
                Edit("\tr.Use(", "\tr.Use(middleware.GetHead)\n\tr.Use(", types="middleware.GetHead"),
            ), told=False, hidden=True),
        ),
        mode="inert", needs=("go", "gin"),
    ),
    Deployment(
        "spring", "Orders.java", java, {"/orders/{id}": "get delete", "/baskets/{id}": "get"},
        (
            Drift(MISSING, "/orders/{id}", "DELETE", (
                Edit("    // more of /orders/{id}\n", '    @DeleteMapping("/orders/{id}")\n',
                     types='@DeleteMapping("/orders/{id}")'),
            )),
            Drift(UNDOCUMENTED, "/baskets/{id}", "PATCH", (
                Edit("method = {RequestMethod.GET, RequestMethod.PATCH}", "method = RequestMethod.GET", types="method"),
            )),
            Drift(NO_ALLOW, "/orders/{id}", "REPORT", (
                Edit("ResponseEntity.status(405).body", "ResponseEntity.status(405).headers(ex.getHeaders()).body",
                     types="ex.getHeaders()"),
            )),
            Drift(NO_ALLOW, "/baskets/{id}", "REPORT"),
        ),
        mode="inert", needs=("spring",),
    ),
)  # fmt: skip
