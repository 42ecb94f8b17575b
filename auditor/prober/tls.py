"""TLS of the wire: trust, sessions to resume, and words for what went wrong. Wraps octets; opens nothing."""

from __future__ import annotations

import errno
import platform
import ssl
from contextvars import ContextVar
from typing import Any

import truststore

from auditor.errors import ConfigError
from auditor.model.environment import Environment
from auditor.model.exchange import Failure
from auditor.prober.exchange_io import Lost


class Slot:
    """The TLS session last seen for one (origin, SNI): resuming it saves a third of the handshake."""

    __slots__ = ("session",)

    def __init__(self) -> None:
        self.session: ssl.SSLSession | None = None


# asyncio has no session= argument; the context of the probe's own task carries it to wrap_bio.
RESUME: ContextVar[Slot] = ContextVar("auditor_tls_session")


class _FileContext(ssl.SSLContext):
    """Trusts one CA file."""

    def wrap_bio(self, *args: Any, **options: Any) -> ssl.SSLObject:
        return super().wrap_bio(*args, **{**options, "session": RESUME.get().session})


class _SystemContext(truststore.SSLContext):
    """Trusts what the operating system trusts."""

    _loaded: ssl.SSLContext | None = None

    def wrap_bio(self, *args: Any, **options: Any) -> ssl.SSLObject:
        if self._loaded is None:
            made = super().wrap_bio(*args, **options)
            if platform.system() not in ("Windows", "Darwin"):
                # With OpenSSL's own verification the store is loaded now; truststore would load it for each connection.
                self._loaded = made.context
            return made
        return self._loaded.wrap_bio(*args, **{**options, "session": RESUME.get().session})


def context(environment: Environment, *, client: bool) -> ssl.SSLContext:
    """Verifying context of an environment; raises ConfigError where its files cannot be used. P9: never unverified."""
    path = environment.ca_file
    try:
        made = _FileContext(ssl.PROTOCOL_TLS_CLIENT) if path else _SystemContext(ssl.PROTOCOL_TLS_CLIENT)
        if path:
            made.load_verify_locations(cafile=path)
        made.set_alpn_protocols(["http/1.1"])
        path = environment.client_cert
        if client and path:
            made.load_cert_chain(path, environment.client_key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError("the file holds no usable certificate or key", where=path, hint="give a PEM file") from error
    return made


class Failed(Exception):
    """No connection to the origin: how the probe fails, in our own words."""

    def __init__(self, failure: Failure, detail: str, status: int | None = None) -> None:
        super().__init__(detail)
        self.failure, self.detail, self.status = failure, detail, status


_CERTIFICATE = {
    10: "the certificate has expired", 9: "the certificate is not valid yet", 18: "the certificate is self-signed",
    19: "the chain ends in an unknown self-signed certificate", 20: "the issuer of the certificate is unknown",
    21: "the chain of the certificate is incomplete", 62: "the certificate is for another host name",
    64: "the certificate is for another address",
}  # fmt: skip
_OURS = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL)


def failed(error: OSError) -> Failed:
    """An error of connecting as a failure class; order matters, for most are subclasses of OSError."""
    name = errno.errorcode.get(error.errno or 0, type(error).__name__)
    match error:
        case ssl.SSLCertVerificationError():
            return Failed(Failure.TLS, _CERTIFICATE.get(error.verify_code, "the certificate cannot be verified"))
        case ssl.SSLError():
            return Failed(Failure.TLS, f"the TLS handshake failed: {(error.reason or 'no reason').lower()}")
        case ConnectionResetError() | ConnectionAbortedError() | BrokenPipeError():
            return Failed(Failure.RESET, "the connection broke while it was made")
        case ConnectionRefusedError():
            return Failed(Failure.REFUSED, "the connection was refused")
        case _ if error.errno in _OURS:
            return Failed(Failure.INTERNAL, f"this machine cannot open a connection: {name}")
    return Failed(Failure.REFUSED, f"no connection: {name}")


def how_lost(error: Exception) -> Lost:
    """How an established connection broke."""
    return "tls" if isinstance(error, ssl.SSLError) else "reset"


def keep_session(tls: Any) -> None:
    """Saves the session of an SSLObject for the next probe; call after the answer, since TLS 1.3 sends tickets late."""
    if tls is not None and not tls.session_reused and tls.session is not None and tls.session.has_ticket:
        RESUME.get().session = tls.session
