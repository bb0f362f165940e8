"""A process that ends: what waits goes by, what runs has its time, and no more than that."""

import asyncio
import threading
from datetime import datetime

from core.address import Address
from tests.fakes.clock import ManualClock
from workers.queue.scheduler import TurnScheduler

ONE, TWO, THREE = (Address("test", number) for number in "123")


class Slow:
    """Turns and deliveries that never end by themselves."""

    def __init__(self) -> None:
        self.began: list[Address] = []
        self.busy = asyncio.Event()
        self.ended: list[Address] = []

    async def turn(self, address: Address) -> None:
        self.began.append(address)
        self.busy.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.ended.append(address)

    async def delivery(self, address: Address) -> datetime | None:
        await self.turn(address)
        return None


def _house(slow: Slow, slots: int) -> TurnScheduler:
    return TurnScheduler(
        converse=slow.turn, deliver=slow.delivery, clock=ManualClock(datetime.now().astimezone()), slots=slots
    )


async def test_rings_that_wait_for_a_slot_go_by_when_the_house_shuts_though_no_turn_ends() -> None:
    slow = Slow()
    house = _house(slow, slots=1)
    ringing = [threading.Thread(target=house.schedule_turns, args=([address],)) for address in (ONE, TWO, THREE)]
    for thread in ringing:
        thread.start()
    await slow.busy.wait()
    house.stop_accepting()
    async with asyncio.timeout(5):
        for thread in ringing:
            await asyncio.to_thread(thread.join)
    assert len(slow.began) == 1
    await house.drain(0)


async def test_turns_and_deliveries_share_the_grace_time() -> None:
    slow = Slow()
    house = _house(slow, slots=2)
    house.turn([ONE])
    house.delivery([TWO])
    began = asyncio.get_running_loop().time()
    await house.drain(0.4)
    assert slow.ended == [ONE, TWO]
    assert asyncio.get_running_loop().time() - began < 0.7
