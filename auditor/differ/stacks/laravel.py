"""Laravel."""

from __future__ import annotations

from auditor.differ.stacks import Mark, Stack
from auditor.model.finding import Side

STACK = Stack(
    id="laravel",
    name="Laravel",
    side=Side.SERVICE,
    marks=(Mark(page=r"The (?:[A-Z]+) method is not supported for route "),),
    symbol="Response::HTTP_METHOD_NOT_ALLOWED",
    routes="php artisan route:list",
    logs="storage/logs/laravel.log: MethodNotAllowedHttpException, The DELETE method is not supported for route …",
    source="laravel.com/docs, Routing, Controllers (Partial Resource Routes)",
    fixes={
        "serve": (
            "Route it: `Route::delete('/orders/{order}', [OrderController::class, 'destroy'])`, then `php artisan "
            "route:clear` where routes are cached."
        ),
        "drop": (
            "Limit the resource: `Route::apiResource('orders', …)->only(['index', 'show', 'store'])`; `Route::any` "
            "serves every method."
        ),
        "allow": "Keep the headers of the exception where you render it: `$e->getHeaders()` holds `Allow`.",
        "slash": (
            "Take the trailing-slash rule out of public/.htaccess (or nginx): it redirects with 301, and a POST "
            "becomes a GET."
        ),
        "cors": "List the method under `'allowed_methods'` in config/cors.php.",
    },
)
