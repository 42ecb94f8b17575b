"""Real clients: each sends every pair of method and status to `/from/STATUS/METHOD`, and follows if asked to.

A driver looks at no answer: the server knows what arrived. What a client cannot send, or will not, simply does not.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.needs import find
from tests.servers.process import PROXIES

Pairs = Sequence[tuple[str, int]]
Driver = Callable[[str, Pairs, bool], None]
"""From the server's URL, the pairs, and whether to follow redirects where the client has to be told to."""
CONTENT = "x=1"
WITH_CONTENT = frozenset({"POST", "PUT", "PATCH", "QUERY"})
SOURCES = Path(__file__).parent / "clients"
SECONDS = 120
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]


def address(url: str, method: str, status: int) -> str:
    return f"{url}/from/{status}/{method}"


def content(method: str) -> bytes | None:
    return CONTENT.encode() if method in WITH_CONTENT else None


def run(*command: str, cwd: Path | None = None) -> str:
    """What a client printed; its exit code says only whether it liked the answer."""
    program = find(command[0]) or command[0]
    done = subprocess.run(
        [program, *command[1:]], cwd=cwd, capture_output=True, text=True, timeout=SECONDS, check=False,
        stdin=subprocess.DEVNULL, env={k: v for k, v in os.environ.items() if k.lower() not in PROXIES},
    )  # fmt: skip
    return done.stdout + done.stderr


# --- programs -------------------------------------------------------------------------------------------------------


def curl(url: str, pairs: Pairs, asked: bool) -> None:
    """As the manual has it: content by -d, a file by -T, HEAD by -I. Other methods need -X: see `curl_x`."""
    forms = {"GET": [], "HEAD": ["-I"], "POST": ["-d", CONTENT], "PUT": ["-T", "content"]}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "content").write_text(CONTENT, encoding="utf-8")
        for method, status in pairs:
            if method in forms:
                _curl(asked, *forms[method], address(url, method, status), cwd=Path(folder))


def curl_x(url: str, pairs: Pairs, asked: bool) -> None:
    """-X METHOD, with -d where there is content."""
    for method, status in pairs:
        data = ["-d", CONTENT] if method in WITH_CONTENT else []
        # Without -I, curl waits for content that HEAD never gets: --max-time ends that.
        _curl(asked, "-X", method, *data, address(url, method, status))


def _curl(asked: bool, *arguments: str, cwd: Path | None = None) -> None:
    follow = ["-L"] if asked else []
    run("curl", "-q", "-s", "-o", "/dev/null", "--max-time", "10", *follow, *arguments, cwd=cwd)


def wget(url: str, pairs: Pairs, asked: bool) -> None:
    for method, status in pairs:
        data = [f"--body-data={CONTENT}"] if method in WITH_CONTENT else []
        how = ["--method", method, *data] if method != "POST" else [f"--post-data={CONTENT}"]
        run("wget", "--no-config", "-q", "-O", "/dev/null", "--tries=1", "--timeout=10", *how,
            address(url, method, status))  # fmt: skip


def go(url: str, pairs: Pairs, asked: bool) -> None:
    run("go", "run", str(SOURCES / "main.go"), url, str(int(asked)), *_texts(pairs), cwd=SOURCES)


def node(url: str, pairs: Pairs, asked: bool) -> None:
    run("node", str(SOURCES / "fetch.mjs"), url, str(int(asked)), *_texts(pairs))


def java(url: str, pairs: Pairs, asked: bool) -> None:
    run("java", str(SOURCES / "Client.java"), "HttpClient", url, str(int(asked)), *_texts(pairs))


def java_old(url: str, pairs: Pairs, asked: bool) -> None:
    run("java", str(SOURCES / "Client.java"), "HttpURLConnection", url, str(int(asked)), *_texts(pairs))


def _texts(pairs: Pairs) -> list[str]:
    return [f"{method} {status}" for method, status in pairs]


# --- Python ---------------------------------------------------------------------------------------------------------


def requests(url: str, pairs: Pairs, asked: bool) -> None:
    import requests as library

    with library.Session() as session:
        session.trust_env = False
        for method, status in pairs:
            # The functions post(), put() and so on follow; head() alone does not, unless told to.
            how = {"allow_redirects": True} if asked else {}
            with suppress(library.RequestException):
                session.request(method, address(url, method, status), data=content(method), timeout=10, **how).close()


def httpx(url: str, pairs: Pairs, asked: bool) -> None:
    import httpx as library

    how = {"follow_redirects": True} if asked else {}
    with library.Client(trust_env=False, timeout=10, **how) as client:
        for method, status in pairs:
            with suppress(library.HTTPError):
                client.request(method, address(url, method, status), content=content(method))


def aiohttp(url: str, pairs: Pairs, asked: bool) -> None:
    import aiohttp as library

    async def send() -> None:
        async with library.ClientSession(timeout=library.ClientTimeout(10)) as session:
            for method, status in pairs:
                with suppress(library.ClientError):
                    how: dict[str, Any] = {"allow_redirects": True} if asked else {}
                    async with session.request(method, address(url, method, status), data=content(method), **how):
                        pass

    asyncio.run(send())


def urllib_(url: str, pairs: Pairs, asked: bool) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for method, status in pairs:
        request = urllib.request.Request(address(url, method, status), content(method), method=method)
        try:
            opener.open(request, timeout=10).close()
        except urllib.error.HTTPError as error:
            error.close()
        except OSError:
            pass


# --- a browser ------------------------------------------------------------------------------------------------------


def chromium_fetch(url: str, pairs: Pairs, asked: bool) -> None:
    code = """async ([url, method, body]) => {
      try { await (await fetch(url, {method, body})).arrayBuffer() } catch { /* measured at the server */ }
    }"""
    with _page(url) as page:
        for method, status in pairs:
            body = CONTENT if method in WITH_CONTENT else None
            page.evaluate(code, [address(url, method, status), method, body])


def chromium_form(url: str, pairs: Pairs, asked: bool) -> None:
    """Only GET and POST: a form that names another method is sent with GET."""
    markup = '<form method="{}" action="{}"><input name="x" value="1"></form>'
    with _page(url) as page:
        for method, status in pairs:
            if method in ("GET", "POST"):
                page.goto(url)
                page.set_content(markup.format(method, address(url, method, status)))
                with page.expect_navigation(url=f"**/to/{status}/{method}*", wait_until="commit"):
                    page.evaluate("document.forms[0].submit()")


class _page:  # noqa: N801 - reads as the function that it is
    """A tab of a Chromium of its own, at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __enter__(self) -> Any:
        from playwright.sync_api import sync_playwright

        self.driver = sync_playwright().start()
        try:
            self.browser = self.driver.chromium.launch(executable_path=find("chromium"), args=CHROMIUM)
        except BaseException:
            self.driver.stop()
            raise
        page = self.browser.new_page()
        page.set_default_timeout(10_000)
        page.goto(self.url)
        return page

    def __exit__(self, *_: object) -> None:
        self.browser.close()
        self.driver.stop()
