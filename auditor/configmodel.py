"""auditor.yaml as a model: which keys there are, and of which type (DESIGN §7)."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from auditor.buildconfig import BuildConfig
from auditor.headers import SecretSource
from auditor.notifyconfig import NotifyConfig
from auditor.waiverconfig import WaiverConfig


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=False)


class EnvironmentConfig(_Model):
    """One entry of `environments`."""

    url: str
    mode: str | None = Field(default=None, description="safe (default), or inert")
    inert_forms: list[str] = Field(default_factory=list, description="complete forms that inert mode may send, too")
    spec: str | None = Field(default=None, description="its own description, where builds differ")
    headers: dict[str, str | SecretSource] = Field(
        default_factory=dict, description="credentials; ${NAME} is expanded, or {file: PATH}, or {command: [...]}"
    )
    rate: str | float | None = Field(default=None, description="requests per second: 5/s")
    concurrency: int | None = Field(default=None, ge=1, le=64)
    connect_timeout: str | float | None = None
    probe_timeout: str | float | None = None
    retries: int | None = Field(default=None, ge=0, le=2)
    repeat: int | None = Field(default=None, ge=0, le=10)
    allow_plaintext: bool = Field(
        default=False, description="send credentials over http to a host that is not loopback"
    )
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    proxy: str | None = None
    host: str | None = Field(default=None, description="Host field and SNI to use")
    behind: str | None = Field(default=None, description="this is a layer: the origin behind that environment")
    keep_bodies: bool = False
    served_spec: str | None = Field(default=None, description="/openapi.json")
    cors_origin: str | None = Field(default=None, description="the origin of pages that call it from browsers")
    build: BuildConfig | None = Field(default=None, description="where the build is named")


class Config(_Model):
    """auditor.yaml."""

    spec: str | None = None
    skip: list[str] = Field(default_factory=list)
    only: list[str] = Field(default_factory=list)
    environments: dict[str, EnvironmentConfig] = Field(default_factory=dict)
    servers: dict[str, str] = Field(default_factory=dict)
    values: dict[str, Any] = Field(default_factory=dict)
    rules: dict[str, str] = Field(default_factory=dict)
    waivers: list[WaiverConfig] = Field(default_factory=list)
    notify: list[NotifyConfig] = Field(default_factory=list)
    fail_on: str | None = None
    min_decided: float | None = Field(default=None, ge=0, le=100)
    promotion_min_decided: float | None = Field(default=None, ge=0, le=100)
    deadline: str | float | None = None
    out: str | None = None
    lang: str | None = None
