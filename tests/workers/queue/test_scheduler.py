"""Shutdown of the scheduler: blocked threads return, and running work gets the grace time but no more."""

import asyncio
import threading
from datetime import datetime

from core.address import Address
from tests.fakes.clock import ManualClock
from workers.queue.scheduler import TurnScheduler

ONE, TWO, THREE = (Address("test", number) for number in "123")


class Endless:
    """Turns and deliveries that run until cancelled."""

    def __init__(self) -> None:
        self.started: list[Address] = []
        self.busy = asyncio.Event()
        self.ended: list[Address] = []

    async def turn(self, address: Address) -> None:
        self.started.append(address)
        self.busy.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.ended.append(address)

    async def delivery(self, address: Address) -> datetime | None:
        await self.turn(address)
        return None


def _scheduler(endless: Endless, slots: int) -> TurnScheduler:
    return TurnScheduler(
        converse=endless.turn, deliver=endless.delivery, clock=ManualClock(datetime.now().astimezone()), slots=slots
    )


async def test_threads_blocked_on_a_slot_return_at_shutdown_while_the_turn_still_runs() -> None:
    endless = Endless()
    scheduler = _scheduler(endless, slots=1)
    threads = [threading.Thread(target=scheduler.schedule_turns, args=([address],)) for address in (ONE, TWO, THREE)]
    for thread in threads:
        thread.start()
    await endless.busy.wait()
    scheduler.stop_accepting()
    async with asyncio.timeout(5):
        for thread in threads:
            await asyncio.to_thread(thread.join)
    assert len(endless.started) == 1
    await scheduler.drain(0)


async def test_turns_and_deliveries_share_the_grace_time() -> None:
    endless = Endless()
    scheduler = _scheduler(endless, slots=2)
    scheduler.turn([ONE])
    scheduler.delivery([TWO])
    began = asyncio.get_running_loop().time()
    await scheduler.drain(0.4)
    assert endless.ended == [ONE, TWO]
    assert asyncio.get_running_loop().time() - began < 0.7
