"""NestJS."""

from __future__ import annotations

from auditor.differ.stacks import Mark, Stack
from auditor.model.finding import Side

STACK = Stack(
    id="nestjs",
    name="NestJS",
    side=Side.SERVICE,
    marks=(Mark(page=r'\{"message":"Cannot [A-Z]+ /[^"]*","error":"Not Found","statusCode":404\}'),),
    symbol="HttpStatus.METHOD_NOT_ALLOWED, MethodNotAllowedException",
    routes="the log line `RouterExplorer Mapped {/orders/:id, DELETE} route` at start",
    logs="the exception filter answers 404 `Cannot DELETE /path`: NestJS has no 405 of its own",
    source="docs.nestjs.com, Controllers, Exception filters, CORS",
    fixes={
        "serve": (
            'Add the decorated method to the controller (`@Delete(":id")`), list the controller in its module, and '
            "import the module."
        ),
        "drop": "Replace `@All()` by the methods that are meant.",
        "allow": (
            "Add `@All()` as the last handler of the path: set `Allow` on the response and throw "
            "`MethodNotAllowedException`."
        ),
        "cors": "List the method in `app.enableCors({ methods: [...] })`.",
    },
)
