"""Spring."""

from __future__ import annotations

from auditor.differ.stacks import Mark, Stack
from auditor.model.finding import Side

STACK = Stack(
    id="spring",
    name="Spring",
    side=Side.SERVICE,
    marks=(
        Mark(page=r'"timestamp":"?[^,]+,"status":40\d,"error":"(?:Method Not Allowed|Not Found)","path":'),
        Mark(page=r'"title":"Method Not Allowed","status":405,"detail":"Method \'[A-Z]+\' is not supported\.'),
        Mark(page=r"Whitelabel Error Page"),
    ),
    symbol="HttpStatus.METHOD_NOT_ALLOWED, HttpServletResponse.SC_METHOD_NOT_ALLOWED",
    routes="/actuator/mappings, where it is exposed",
    logs=(
        "WARN DefaultHandlerExceptionResolver: HttpRequestMethodNotSupportedException: Request method 'DELETE' is "
        "not supported"
    ),
    source="docs.spring.io, Spring Framework: Mapping Requests, CORS; Spring Security: HttpFirewall",
    fixes={
        "serve": (
            'Map it: `@DeleteMapping("/orders/{id}")` in a controller that component scanning finds; where the '
            "answer is 403, permit it in `SecurityFilterChain` (CSRF refuses unsafe methods without a token)."
        ),
        "drop": (
            "Name the methods: `@RequestMapping` without `method` serves all of them; Spring Data REST hides one by "
            "`@RestResource(exported = false)` or `withItemExposure`."
        ),
        "allow": (
            "In an `@ExceptionHandler` for `HttpRequestMethodNotSupportedException` keep `ex.getHeaders()`, which "
            "holds `Allow`, or extend `ResponseEntityExceptionHandler`."
        ),
        "slash": (
            "Declare both spellings or use `UrlHandlerFilter` (Spring 6.2); trailing-slash matching is off since "
            "Spring 6.0."
        ),
        "cors": (
            "List the method in `allowedMethods(…)` of the CORS registry, or `@CrossOrigin(methods = …)`: the "
            "default is GET, HEAD and POST."
        ),
    },
)
