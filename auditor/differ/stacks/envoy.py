"""Envoy or Istio."""

from __future__ import annotations

from auditor.differ.stacks import Mark, Stack
from auditor.model.finding import Side

STACK = Stack(
    id="envoy",
    name="Envoy or Istio",
    side=Side.GATEWAY,
    marks=(
        Mark(page=r"^RBAC: access denied|^upstream connect error|^no healthy upstream"),
        Mark(field=("server", r"^(?:istio-)?envoy$")),
    ),
    symbol="direct_response: {status: 405}",
    routes="the admin page /config_dump; `istioctl proxy-config routes POD`",
    logs=(
        "the access log has the response flag NR (no route) or UAEX, or rbac_access_denied_matched_policy in the "
        "details"
    ),
    source="envoyproxy.io, RouteMatch and access log flags; istio.io, AuthorizationPolicy and VirtualService",
    fixes={
        "pass": (
            'Add the method: `methods: ["GET", "DELETE"]` in the AuthorizationPolicy that applies, or `method: '
            '{regex: "GET|DELETE"}` in the match of the VirtualService route.'
        ),
        "drop": (
            'Deny it: an AuthorizationPolicy with `action: DENY` and `to: [{operation: {methods: ["DELETE"], paths: '
            '["/orders/*"]}}]`; it answers 403.'
        ),
        "allow": (
            'Answer by a route of its own: `directResponse: {status: 405}` with `headers.response.set.allow: "GET, '
            'POST"`.'
        ),
        "cors": "List the method in `corsPolicy.allowMethods`.",
    },
)
