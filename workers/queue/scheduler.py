"""Scheduling of one process's turns and deliveries on one event loop, limited by slots."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from datetime import datetime
from typing import Any

from core.address import Address
from core.clock import Clock

_log = logging.getLogger(__name__)


class PerKeyRunner:
    """Run at most one coroutine per address; an address scheduled while it runs is run again afterwards."""

    def __init__(self, run: Callable[[Address], Coroutine[Any, Any, None]], on_done: Callable[[], None]) -> None:
        self._run = run
        self._on_done = on_done
        self._rerun: set[Address] = set()
        self.running: dict[Address, asyncio.Task[None]] = {}

    def schedule(self, address: Address) -> None:
        """Start a run for this address, or request a rerun if one is active."""
        if address in self.running:
            self._rerun.add(address)
            self._on_done()
            return
        self.running[address] = asyncio.create_task(self._run_until_current(address))

    async def _run_until_current(self, address: Address) -> None:
        try:
            while True:
                self._rerun.discard(address)
                try:
                    await self._run(address)
                except Exception as error:  # noqa: BLE001 - one conversation must not end the others
                    _log.exception("%s at %s", type(error).__name__, address)
                    return
                if address not in self._rerun:
                    return
        finally:
            del self.running[address]
            self._rerun.discard(address)
            self._on_done()


class TurnScheduler:
    """Run addresses received on Celery's threads as turns and deliveries on the loop.

    When no slot is free, the Celery thread blocks, which limits how many tasks a worker takes. Implements
    `core.ports.messaging.Wake` for turns and deliveries inside this process.
    """

    def __init__(
        self,
        *,
        converse: Callable[[Address], Awaitable[object]],
        deliver: Callable[[Address], Awaitable[datetime | None]],
        clock: Clock,
        slots: int,
    ) -> None:
        self._converse = converse
        self._deliver = deliver
        self._clock = clock
        self._slots = threading.Semaphore(slots)
        self._accepting = True
        self._loop = asyncio.get_running_loop()
        self.turns = PerKeyRunner(self._turn, self._slots.release)
        self.deliveries = PerKeyRunner(self._delivery, lambda: None)

    def schedule_turns(self, addresses: Iterable[Address]) -> None:
        """Start turns from another thread, blocking until each has a slot."""
        batch: list[Address] = []
        for address in addresses:
            if not self._slots.acquire(blocking=False):
                self._submit_turns(batch)
                batch = []
                self._slots.acquire()
            batch.append(address)
        self._submit_turns(batch)

    def schedule_deliveries(self, addresses: Iterable[Address]) -> None:
        """Start deliveries from another thread."""
        self._loop.call_soon_threadsafe(self.delivery, list(addresses))

    def _submit_turns(self, addresses: list[Address]) -> None:
        if addresses:
            self._loop.call_soon_threadsafe(self._start_turns, addresses)

    def _start_turns(self, addresses: list[Address]) -> None:
        for address in addresses:
            if self._accepting:
                self.turns.schedule(address)
            else:
                self._slots.release()

    def turn(self, addresses: Iterable[Address]) -> None:
        """Start turns from the loop if slots are free; the sweep reschedules the others."""
        for address in addresses:
            if self._accepting and self._slots.acquire(blocking=False):
                self.turns.schedule(address)

    def delivery(self, addresses: Iterable[Address]) -> None:
        """Start deliveries from the loop, also while draining."""
        for address in addresses:
            self.deliveries.schedule(address)

    def stop_accepting(self) -> None:
        """Accept no new turns; callable from any thread. Threads blocked on a slot return without starting theirs."""
        self._accepting = False
        self._slots.release()

    async def drain(self, grace: float) -> None:
        """Accept no new turns, let running ones finish for `grace` seconds, then cancel the rest, which releases their leases.

        Deliveries get at least a quarter of `grace`, even if the turns used all of it.
        """
        self._accepting = False
        ends = self._loop.time() + grace
        for runner in (self.turns, self.deliveries):
            running = list(runner.running.values())
            if running:
                _, late = await asyncio.wait(running, timeout=max(ends - self._loop.time(), grace / 4))
                for task in late:
                    task.cancel()
                await asyncio.gather(*late, return_exceptions=True)

    async def _turn(self, address: Address) -> None:
        await self._converse(address)

    async def _delivery(self, address: Address) -> None:
        retry_at = await self._deliver(address)
        if retry_at is not None:
            wait = max((retry_at - self._clock.now()).total_seconds(), 0.0)
            self._loop.call_later(wait, self.delivery, [address])
