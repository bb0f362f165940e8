"""Ringing through Celery, off the event loop, many addresses to a ring."""

import logging
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from celery import Celery

from core.address import Address
from workers.queue.celery import DELIVERY, READING, TURN

_log = logging.getLogger(__name__)
_MOST = 500
_CROWD = 16
_BREATH, _LONG_BREATH = 0.004, 0.015


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
        breathe: Callable[[float], None] = time.sleep,
    ) -> None:
        self._breathe = breathe
        self._app = app
        self._stop = stop
        self._lock = threading.Lock()
        self._pending: dict[str, dict[str, None]] = {}
        self._busy = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ring")

    def turn(self, addresses: Iterable[Address]) -> None:
        self._ring(TURN, map(str, addresses))

    def delivery(self, addresses: Iterable[Address]) -> None:
        self._ring(DELIVERY, map(str, addresses))

    def reading(self, sources: Iterable[str]) -> None:
        self._ring(READING, sources)

    async def stop(self, address: Address) -> None:
        await self._stop(address)

    def close(self) -> None:
        """Send what is still to be rung and end the thread."""
        self._thread.shutdown(wait=True)

    def _ring(self, task: str, names: Iterable[str]) -> None:
        with self._lock:
            self._pending.setdefault(task, {}).update(dict.fromkeys(names))
            idle, self._busy = not self._busy, True
        if idle:
            self._thread.submit(self._publish)

    def _publish(self) -> None:
        """Send what is pending until nothing is, with a breath between two rings that gathers what comes meanwhile."""
        while pending := self._taken():
            for task, names in pending.items():
                every = list(names)
                for start in range(0, len(every), _MOST):
                    self._send(task, every[start : start + _MOST])
            self._breathe(_BREATH if sum(map(len, pending.values())) < _CROWD else _LONG_BREATH)

    def _taken(self) -> dict[str, dict[str, None]]:
        with self._lock:
            pending, self._pending = self._pending, {}
            self._busy = bool(pending)
        return pending

    def _send(self, task: str, names: list[str]) -> None:
        try:
            self._app.send_task(task, args=[names], retry=False)
        except Exception as error:  # noqa: BLE001 - a ring lost in any way is found by the sweep; a broken bell would lose all that follow
            _log.warning("a ring was lost: %s", type(error).__name__)
