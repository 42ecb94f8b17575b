"""AWS API Gateway."""

from __future__ import annotations

from auditor.differ.stacks import Mark, Stack
from auditor.model.finding import Side

STACK = Stack(
    id="aws-api-gateway",
    name="AWS API Gateway",
    side=Side.GATEWAY,
    marks=(
        Mark(field=("x-amzn-errortype", r".")),
        Mark(page=r'^\{"message":\s*"Missing Authentication Token"\}$'),
        Mark(names=("apigw-requestid",)),
    ),
    symbol='"statusCode": 405 (mock integration)',
    routes="aws apigateway get-resources --rest-api-id ID, or aws apigatewayv2 get-routes --api-id ID",
    logs=(
        "the stage's access log: $context.error.responseType is MISSING_AUTHENTICATION_TOKEN, "
        "$context.integrationStatus is empty"
    ),
    source="docs.aws.amazon.com, API Gateway: gateway responses, routes, resource policies",
    fixes={
        "pass": (
            "Add the method to the resource (REST: `put-method` with its integration; HTTP API: route `DELETE "
            "/orders/{id}`), and deploy the stage again; see that the resource policy allows `execute-api:Invoke` "
            "on it."
        ),
        "drop": "Delete the method or replace `ANY` by the methods that are meant, and deploy the stage again.",
        "allow": (
            "A method `ANY` with a mock integration answers 405, with `Allow` as a response parameter: 403 `Missing "
            "Authentication Token` is what it says to a route that it does not have."
        ),
        "cors": "List the method in `AllowMethods` of the HTTP API's CORS, or in the OPTIONS mock of the REST API.",
    },
)
