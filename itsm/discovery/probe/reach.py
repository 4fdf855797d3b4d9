"""Whether anything is there: TCP connects and, where the system allows it, ICMP echo."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from icmplib import ICMPLibError, async_ping

from itsm.discovery.wire import Stage


async def open_ports(address: str, ports: Iterable[int], *, seconds: float, gate: asyncio.Semaphore) -> list[int]:
    """Return the TCP ports that accept a connection; each is closed at once, nothing is sent."""

    async def one(port: int) -> int | None:
        async with gate:
            try:
                _, writer = await asyncio.wait_for(asyncio.open_connection(address, port), seconds)
            except (OSError, TimeoutError):
                return None
            writer.close()
            try:
                await writer.wait_closed()
            except OSError:
                return port
            return port

    return [port for port in await asyncio.gather(*map(one, ports)) if port is not None]


async def ping(address: str, *, seconds: float) -> Stage:
    """Send one ICMP echo without privileges; the stage says ``ok``, ``silent`` or ``not_allowed``."""
    start = time.monotonic()
    try:
        host = await async_ping(address, count=1, timeout=seconds, privileged=False)
        reason = "ok" if host.is_alive else "silent"
    except (ICMPLibError, OSError):
        reason = "not_allowed"
    return Stage("ping", reason, round((time.monotonic() - start) * 1000), packets=1)
