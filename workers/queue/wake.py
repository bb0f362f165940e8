"""Publish Celery tasks off the event loop, many addresses to a task."""

import logging
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from celery import Celery

from core.address import Address
from workers.queue.celery import DELIVERY_TASK, INGEST_TASK, TURN_TASK

_log = logging.getLogger(__name__)
_MAX_NAMES = 500
"""Addresses or sources in one task."""
_BUSY_NAMES = 16
"""From this many names at a time, the longer pause applies."""
_PAUSE, _BUSY_PAUSE = 0.004, 0.015
"""Seconds between two rounds of publishing."""


class CeleryWake:
    """`core.ports.messaging.Wake` for processes that do not run turns themselves.

    Publishing blocks and holds the interpreter for about half a millisecond. One thread therefore publishes the first
    call immediately and batches later ones, at most every 4 ms, or 15 ms under load. A task that cannot be published
    is dropped: the sweep finds the waiting event.
    """

    def __init__(
        self,
        app: Celery,
        stop: Callable[[Address], Awaitable[None]],
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._sleep = sleep
        self._app = app
        self._stop = stop
        self._lock = threading.Lock()
        self._pending: dict[str, dict[str, None]] = {}
        self._busy = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="publish")

    def turn(self, addresses: Iterable[Address]) -> None:
        self._schedule(TURN_TASK, map(str, addresses))

    def delivery(self, addresses: Iterable[Address]) -> None:
        self._schedule(DELIVERY_TASK, map(str, addresses))

    def reading(self, sources: Iterable[str]) -> None:
        self._schedule(INGEST_TASK, sources)

    async def stop(self, address: Address) -> None:
        await self._stop(address)

    def close(self) -> None:
        """Publish what is pending and end the thread."""
        self._thread.shutdown(wait=True)

    def _schedule(self, task: str, names: Iterable[str]) -> None:
        with self._lock:
            self._pending.setdefault(task, {}).update(dict.fromkeys(names))
            idle, self._busy = not self._busy, True
        if idle:
            self._thread.submit(self._publish)

    def _publish(self) -> None:
        """Publish until nothing is pending, with pauses in which new names accumulate."""
        while pending := self._take_pending():
            for task, names in pending.items():
                batch = list(names)
                for start in range(0, len(batch), _MAX_NAMES):
                    self._send(task, batch[start : start + _MAX_NAMES])
            self._sleep(_PAUSE if sum(map(len, pending.values())) < _BUSY_NAMES else _BUSY_PAUSE)

    def _take_pending(self) -> dict[str, dict[str, None]]:
        with self._lock:
            pending, self._pending = self._pending, {}
            self._busy = bool(pending)
        return pending

    def _send(self, task: str, names: list[str]) -> None:
        try:
            self._app.send_task(task, args=[names], retry=False)
        except Exception as error:  # noqa: BLE001 - the sweep replaces a lost task; an ended thread would lose all that follow
            _log.warning("publishing %s failed: %s", task, type(error).__name__)
