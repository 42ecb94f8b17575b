"""Which versions the stacks were measured in."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from importlib.metadata import version

from tests.needs import MODULES, find

PYTHON = ("aiohttp", "Django", "djangorestframework", "falcon", "fastapi", "Flask", "starlette", "tornado", "uvicorn",
          "Werkzeug")  # fmt: skip
NODE = ("express", "express4", "fastify", "koa", "@koa/router")
PROGRAMS = {
    "node": "--version", "go": "version", "cargo": "--version", "java": "--version", "nginx": "-v", "haproxy": "-v",
    "apache2": "-v",
}  # fmt: skip
SERVERS = MODULES.parents[1]
PINNED = {
    "gin": ("go/go.mod", r"/gin v(\S+)"),
    "axum": ("rust/Cargo.lock", r'name = "axum"\nversion = "([^"]+)'),
    "Spring Boot": ("java/pom.xml", r"spring-boot-starter-parent</artifactId>\s*<version>([^<]+)"),
}
_NUMBER = re.compile(r"\d+\.\d+[\w.+-]*")


def machine() -> str:
    """A few words on what it ran on."""
    return f"{platform.system()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def versions() -> str:
    """A markdown list."""
    lines = ["Python " + platform.python_version() + ": " + ", ".join(f"{name} {version(name)}" for name in PYTHON)]
    found = {name: MODULES / name / "package.json" for name in NODE}
    modules = [f"{name} {json.loads(path.read_text())['version']}" for name, path in found.items() if path.exists()]
    if modules:
        lines.append("Node packages: " + ", ".join(modules))
    libraries = [f"{name} {found[1]}" for name, (path, form) in PINNED.items()
                 if (file := SERVERS / path).exists() and (found := re.search(form, file.read_text()))]  # fmt: skip
    lines.append("Compiled: " + ", ".join(libraries))
    lines.append("Programs: " + ", ".join(f"{name} {number}" for name in PROGRAMS if (number := _program(name))))
    return "\n".join(f"- {line}" for line in lines)


def _program(name: str) -> str | None:
    """The first number that looks like a version in what the program says of itself."""
    path = find(name)
    if path is None:
        return None
    said = subprocess.run([path, PROGRAMS[name]], capture_output=True, text=True, check=False, timeout=60)
    number = _NUMBER.search(said.stdout + said.stderr)
    return number[0] if number else None
