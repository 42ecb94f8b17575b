"""Descriptions to Contracts: OpenAPI 3.0 to 3.2 and Swagger 2.0, from files, bytes, URLs (as bytes) and commits."""

from auditor.loader.lines import line_of
from auditor.loader.load import LoadOptions, load_bytes, load_file, load_git, parse_config
from auditor.loader.refs import RemoteRefNeeded
from auditor.loader.reread import Reread, git_bytes
from auditor.loader.values import absent_value, typed_alternates

__all__ = [
    "LoadOptions",
    "RemoteRefNeeded",
    "Reread",
    "absent_value",
    "git_bytes",
    "line_of",
    "load_bytes",
    "load_file",
    "load_git",
    "parse_config",
    "typed_alternates",
]
