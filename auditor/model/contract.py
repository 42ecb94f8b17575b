"""What a description promises: path templates, each with its operations, and where each was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Source = Literal["config", "x-auditor", "learnt", "example", "default", "enum", "schema"]
"""Where a parameter value came from, most trustworthy first; `learnt`: from an answer of the deployment itself."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where something was written: file as given by the user, JSON pointer (RFC 6901), line counted from 1."""

    file: str
    pointer: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class SpecWarning:
    """Something odd in a description that did not stop the audit: what was found and what was done."""

    message: str
    file: str
    pointer: str | None = None
    line: int | None = None

    @property
    def text(self) -> str:
        place = self.file + (f":{self.line}" if self.line else "") + (f" {self.pointer}" if self.pointer else "")
        return f"{place}: {self.message}"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One OpenAPI Parameter Object, reduced to what filling it in needs.

    `type`, `format`, `enum` come from its schema (Swagger 2.0: from itself). `style`/`explode` as OpenAPI §4.8.12.
    """

    name: str
    location: Literal["path", "query", "header", "cookie", "querystring"]
    required: bool
    type: str | None = None
    format: str | None = None
    enum: tuple[str, ...] = ()
    style: str | None = None
    explode: bool | None = None

    @property
    def closed(self) -> bool:
        """Its values are from a small known set: an absent value cannot be invented (DESIGN §5)."""
        return bool(self.enum) or self.type == "boolean"


@dataclass(frozen=True, slots=True)
class Value:
    """A value to send for a parameter: the text before percent-encoding, and where it came from."""

    text: str
    source: Source


@dataclass(frozen=True, slots=True)
class RequestBody:
    """What the operation documents about its request content."""

    required: bool
    media_types: tuple[str, ...]
    demands_property: bool
    """The JSON schema names a required property, or no schema is given (DESIGN §5b)."""


@dataclass(frozen=True, slots=True)
class SecurityScheme:
    """One Security Scheme Object (OpenAPI §4.27; Swagger 2.0: Security Definition), reduced to where it travels.

    `type`: apiKey, http, mutualTLS, oauth2, openIdConnect or what else is written. `location` and `field` of an apiKey:
    header, query or cookie, and its name there. `scheme` of http: bearer, basic, …
    """

    name: str
    type: str
    location: str = ""
    field: str = ""
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One OpenAPI Operation Object. `method` is the wire token (`GET`, `QUERY`, an `additionalOperations` key)."""

    method: str
    location: Location
    operation_id: str | None = None
    tags: tuple[str, ...] = ()
    deprecated: bool = False
    parameters: tuple[Parameter, ...] = ()
    """Path-item and operation parameters merged (the operation wins), of every location."""
    values: Mapping[str, Value] = field(default_factory=dict)
    """Values by parameter name: path parameters, required query and header parameters."""
    unfilled: tuple[str, ...] = ()
    """Required query and header parameters for which no value could be found."""
    request_body: RequestBody | None = None
    statuses: tuple[str, ...] = ()
    """Documented response keys as written: `200`, `4XX`, `default`."""
    secured: bool | None = None
    """True: a security requirement applies; False: explicitly none; None: nothing is said."""
    security: tuple[tuple[str, ...], ...] = ()
    """The alternatives of the effective requirement (OpenAPI §4.30), each the names of its schemes; `()`: anonymous."""
    server: str | None = None
    """The effective operation- or path-level server URL with variables filled; None: the root servers apply."""
    skip: str | None = None
    """Why `x-auditor` excludes it, or None."""
    owner: str | None = None
    node: Any = None
    """The raw Operation Object, for response checks only; never serialised."""


@dataclass(frozen=True, slots=True)
class PathItem:
    """One documented path.

    `template` is what is probed: it begins with `/`, without `?query` and `#fragment`; `key` is the key as documented.
    Several keys that share a template are one PathItem (`keys`). Templates that differ in parameter names only stay
    two PathItems with one `anonymous` form and are probed once.
    """

    template: str
    key: str
    location: Location
    operations: tuple[Operation, ...] = ()
    keys: tuple[str, ...] = ()
    values: Mapping[str, Value] = field(default_factory=dict)
    """Values of the path parameters, used where an operation has none of its own."""
    parameters: tuple[Parameter, ...] = ()

    def operation(self, method: str) -> Operation | None:
        return next((o for o in self.operations if o.method == method), None)

    @property
    def methods(self) -> tuple[str, ...]:
        return tuple(o.method for o in self.operations)

    @property
    def path_parameters(self) -> Mapping[str, Parameter]:
        """Path parameters by name, as the path item or any of its operations declares them."""
        found = {p.name: p for o in self.operations for p in o.parameters if p.location == "path"}
        found.update({p.name: p for p in self.parameters if p.location == "path"})
        return found


@dataclass(frozen=True, slots=True)
class SpecFile:
    """One file that was read: path as shown to the user, and the SHA-256 of its bytes."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Contract:
    """A whole description. `id` is short and stable (from the source's name); `version` is `info.version`."""

    id: str
    title: str
    version: str
    source: str
    dialect: Literal["2.0", "3.0", "3.1", "3.2"]
    files: tuple[SpecFile, ...]
    paths: tuple[PathItem, ...]
    servers: tuple[str, ...] = ()
    """Root server URLs with variables filled (Swagger 2.0: schemes, host, basePath); may be relative."""
    warnings: tuple[SpecWarning, ...] = ()
    document: Any = None
    """The raw document, for response checks only; never serialised."""
    unaudited: tuple[str, ...] = ()
    """Templates that are documented without an operation to audit: no path that we invent may match them."""
    security_schemes: tuple[SecurityScheme, ...] = ()

    @property
    def keys(self) -> frozenset[tuple[str, str]]:
        """(location, name) of every parameter that is an API key; names of header fields in lower case."""
        found = ((s.location, s.field) for s in self.security_schemes if s.type == "apiKey" and s.field)
        return frozenset((where, name.lower() if where == "header" else name) for where, name in found)

    @property
    def operations(self) -> int:
        return sum(len(p.operations) for p in self.paths)
