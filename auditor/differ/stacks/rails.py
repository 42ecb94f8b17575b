"""Rails."""

from __future__ import annotations

from auditor.differ.stacks import Mark, Stack
from auditor.model.finding import Side

STACK = Stack(
    id="rails",
    name="Rails",
    side=Side.SERVICE,
    marks=(
        Mark(page=r"No route matches \[[A-Z]+\]"),
        Mark(field=("server", r"^Puma"), page=r"The page you were looking for doesn't exist"),
        Mark(names=("x-runtime", "x-request-id", "x-permitted-cross-domain-policies")),
    ),
    symbol="head :method_not_allowed",
    routes="bin/rails routes",
    logs='log/production.log has `ActionController::RoutingError (No route matches [DELETE] "/path")`',
    source="guides.rubyonrails.org, Rails Routing from the Outside In",
    fixes={
        "serve": (
            "Route it in config/routes.rb: `resources :orders, only: %i[index show destroy]`, and give the "
            "controller the action."
        ),
        "drop": (
            "Limit the resource: `resources :orders, only: %i[index show create]`; `match …, via: :all` serves "
            "every method."
        ),
        "allow": (
            'Add a last route: `match "orders", to: "errors#method_not_allowed", via: :all`, which sets '
            '`response.headers["Allow"]` and answers `head :method_not_allowed`; Rails answers 404 otherwise.'
        ),
        "cors": 'List the method in `resource "*", methods: %i[get post delete options]` of rack-cors.',
    },
)
