"""Real servers for the tests: `with start("flask-bookshop") as server: ...`; by hand `python -m tests.servers NAME`."""

from tests.servers.catalogue import STACKS, Stack
from tests.servers.process import SAFE, NotStarted, Request, Server, start
from tests.servers.zoo import ALL

__all__ = ["ALL", "SAFE", "STACKS", "NotStarted", "Request", "Server", "Stack", "start"]
