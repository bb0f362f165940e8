"""Ringing through Celery, off the event loop, many addresses to a ring."""

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
_BUSY_NAMES = 16
_PAUSE, _BUSY_PAUSE = 0.004, 0.015


class CeleryWake:
    """`core.ports.messaging.Wake` for processes that do not run turns themselves.

    Publishing blocks for about half a millisecond and takes the interpreter for as long, so one thread does it, at
    most once in four milliseconds, or fifteen in a crowd; whatever is rung meanwhile goes into its next ring. The first is sent at once. A ring that cannot be sent is dropped: the sweep finds what it was for.
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
        """Send what is still to be rung and end the thread."""
        self._thread.shutdown(wait=True)

    def _schedule(self, task: str, names: Iterable[str]) -> None:
        with self._lock:
            self._pending.setdefault(task, {}).update(dict.fromkeys(names))
            idle, self._busy = not self._busy, True
        if idle:
            self._thread.submit(self._publish)

    def _publish(self) -> None:
        """Send what is pending until nothing is, with a breath between two rings that gathers what comes meanwhile."""
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
        except Exception as error:  # noqa: BLE001 - a ring lost in any way is found by the sweep; a broken bell would lose all that follow
            _log.warning("a ring was lost: %s", type(error).__name__)
