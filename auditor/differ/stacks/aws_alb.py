"""AWS Application Load Balancer and WAF."""

from __future__ import annotations

from auditor.differ.stacks import Mark, Stack
from auditor.model.finding import Side

STACK = Stack(
    id="aws-alb",
    name="AWS Application Load Balancer and WAF",
    side=Side.GATEWAY,
    marks=(Mark(field=("server", r"^awselb/")),),
    symbol="fixed-response with StatusCode 405",
    routes="aws elbv2 describe-rules --listener-arn ARN",
    logs="the access log has `-` as target_status_code, and waf or fixed-response in actions_executed",
    source=(
        "docs.aws.amazon.com, Elastic Load Balancing: HTTP request method conditions, access logs; AWS WAF: rule "
        "statements"
    ),
    fixes={
        "pass": (
            "Add the method to the condition `http-request-method` of the listener rule, or to the WAF rule that "
            "blocks it (`aws wafv2 get-sampled-requests` names the rule)."
        ),
        "drop": "Add a listener rule: `http-request-method` DELETE on the path, action fixed-response 405.",
        "allow": "A fixed response can set no `Allow` by itself: pass the method on and let the service refuse it.",
    },
)
