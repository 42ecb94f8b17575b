"""Messages about finished reports on their way out: the one file besides the transport that sends (PROMISES P2).

It has no part in an audit: only `auditor notify` imports it, and a test holds that. What goes wrong is said in words
of ours, for the exceptions and logs of libraries show addresses, and addresses of chats are secrets.
"""

from __future__ import annotations

import logging
import ssl
import threading
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from auditor import __version__
from auditor.differ.output.notice import Message
from auditor.errors import ConfigError, UsageError
from auditor.notifyconfig import Target

Send = Callable[[Message], str | None]
"""Sends one message; None where it was taken, else what went wrong."""


def prepared(targets: Sequence[Target]) -> list[Send]:
    """A way to each target. UsageError where apprise is missing, ConfigError where it cannot use an address."""
    logging.disable(logging.CRITICAL)  # libraries log addresses
    warnings.simplefilter("ignore")
    return [_webhook(target) if target.is_webhook else _service(target) for target in targets]


def _bounded(seconds: float, act: Callable[[], str | None]) -> str | None:
    """What `act` says, or that it took too long: then it is left to itself, for no library ends a trickle in time."""
    said: list[str | None] = []

    def run() -> None:
        try:
            said.append(act())
        except Exception as error:
            said.append(f"failed ({type(error).__name__})")

    thread = threading.Thread(target=run, daemon=True)  # a daemon never keeps the command from ending
    thread.start()
    thread.join(seconds)
    return said[0] if said else f"no answer within {seconds:g} s"


# --- plain webhooks ---


def _webhook(target: Target) -> Send:
    return lambda message: _bounded(target.seconds, lambda: _post(target.address, message.payload, target.seconds))


def _post(address: str, body: bytes, seconds: float) -> str | None:
    """One POST; its answer's content is not read, and no redirect is followed: it could lead the message elsewhere."""
    import httpx
    import truststore

    trust = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    fields = {"Content-Type": "application/json", "User-Agent": f"auditor/{__version__}"}
    try:
        with (
            httpx.Client(trust_env=False, follow_redirects=False, timeout=seconds, verify=trust) as client,
            client.stream("POST", address, content=body, headers=fields) as answer,
        ):
            status = answer.status_code
    except httpx.TimeoutException:
        return f"no answer within {seconds:g} s"
    except httpx.ConnectError as error:
        return "its certificate cannot be verified" if _is_tls(error) else "no connection"
    except httpx.TransportError:
        return "no HTTP answer"
    if 200 <= status < 300:
        return None
    return f"answered {status}" + ("; redirects are not followed" if 300 <= status < 400 else "")


def _is_tls(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, ssl.SSLError):
        error = error.__cause__ or error.__context__
    return error is not None


# --- services that apprise knows ---


def _service(target: Target) -> Send:
    apprise = _apprise(target)
    # A service is not to be led elsewhere either. Our own limit ends it: apprise's would leave a pool to wait for.
    asset = apprise.AppriseAsset(app_id="auditor", app_desc="auditor", http_redirects=False, async_mode=False,
                                 service_timeout=0, storage_mode="memory")  # fmt: skip
    try:
        service = apprise.Apprise.instantiate(target.address, asset=asset)
    except Exception:  # of any of its hundred plugins
        service = None
    if service is None:
        raise ConfigError("apprise cannot use this URL: its service is unknown, a part is missing, or a library is",
                          where=target.key, hint="apprise --details lists what each service needs")  # fmt: skip
    if service.overflow_mode == apprise.OverflowMode.UPSTREAM:
        service.overflow_mode = apprise.OverflowMode.SPLIT  # services refuse what is too long for them
    return lambda message: _bounded(target.seconds, lambda: _notify(apprise, service, message))


def _notify(apprise: Any, service: Any, message: Message) -> str | None:
    # HTML is made of Markdown: made of plain text it would hold no space where a line may break.
    markdown = service.resolve_format() in ("markdown", "html")
    courier = apprise.Apprise()
    courier.add(service)
    taken = courier.notify(
        body=message.markdown if markdown else message.text, title=message.title, notify_type=message.kind,
        body_format="markdown" if markdown else "text",
    )  # fmt: skip
    return None if taken else "the service did not take it (apprise -vv -b test URL shows why)"


def _apprise(target: Target) -> Any:
    try:
        import apprise
    except ImportError:
        raise UsageError("needs apprise, which is not installed", where=target.key,
                         hint="pip install 'auditor[notify]', or use webhook:") from None  # fmt: skip
    return apprise
