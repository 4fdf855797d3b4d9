"""The certificate that a device shows on its TLS port: a handshake and nothing else. Nothing is sent but a hello, and
nothing that comes back is trusted."""

from __future__ import annotations

import asyncio
import base64
import ssl
import time
import warnings
from typing import Final

from itsm.discovery.wire import Stage

LARGEST: Final = 16 * 1024
"""Octets that a certificate may have; an honest one has one or two thousand."""


def _context() -> ssl.SSLContext:
    """Return a context that looks and trusts nobody: old devices speak old versions, and their word is only noted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    return context


async def read_certificate(
    address: str, port: int, *, seconds: float, gate: asyncio.Semaphore
) -> tuple[str | None, Stage | None]:
    """Return the leaf certificate as base64, and how the handshake went; (None, None) where the port is shut.

    Raises nothing: whatever a device sends ends within ``seconds`` of connecting and ``seconds`` of shaking hands.
    """
    start = time.monotonic()
    async with gate:
        try:
            _, plain = await asyncio.wait_for(asyncio.open_connection(address, port), seconds)
        except (OSError, TimeoutError):
            return None, None
        try:
            await asyncio.wait_for(plain.start_tls(_context()), seconds)
            tls = plain.get_extra_info("ssl_object")
            found = tls.getpeercert(binary_form=True) if tls is not None else None
            reason, detail = "ok", ""
        except (OSError, TimeoutError, ValueError) as error:  # ssl.SSLError is an OSError
            found, reason, detail = None, "bad_certificate", type(error).__name__
        finally:
            plain.transport.abort()
    if found is not None and len(found) > LARGEST:
        found, reason, detail = None, "bad_certificate", "too large"
    took = round((time.monotonic() - start) * 1000)
    stage = None if reason == "ok" else Stage("tls", reason, took, detail=detail)
    return (base64.b64encode(found).decode() if found else None), stage
