"""The bell that wakes the workers of one process, where the database cannot notify."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any


class Bell:
    """Wakes the workers of this process when a job was committed in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}

    def ring(self) -> None:
        """Wake every listener; from any thread."""
        with self._lock:
            listeners = list(self._listeners.items())
        for listener, loop in listeners:
            try:
                loop.call_soon_threadsafe(listener.set)
            except RuntimeError:  # its loop was closed between the copy above and here
                continue

    async def listen(self, woken: Callable[[], Any]) -> None:
        """Await `woken()` after each ring until cancelled."""
        listener = asyncio.Event()
        with self._lock:
            self._listeners[listener] = asyncio.get_running_loop()
        try:
            while True:
                await listener.wait()
                listener.clear()
                await woken()
        finally:
            with self._lock:
                del self._listeners[listener]
