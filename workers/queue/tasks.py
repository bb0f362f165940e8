"""Celery tasks: three-line shells that hand a ring to the house."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from celery import Celery

from core.address import Address
from workers.queue.celery import CLEANUP, DELIVERY, READING, SWEEP, TURN
from workers.queue.scheduler import TurnScheduler


def register_street(
    app: Celery, house: Callable[[], TurnScheduler], sweep: Callable[[], None], cleanup: Callable[[], None]
) -> None:
    """The tasks of a worker that runs turns; `house` is asked when a ring comes, once the loop stands."""

    def turn(addresses: list[str]) -> None:
        house().ring_turns([Address.parse(address) for address in addresses])

    def delivery(addresses: list[str]) -> None:
        house().ring_deliveries([Address.parse(address) for address in addresses])

    app.task(turn, name=TURN)
    app.task(delivery, name=DELIVERY)
    app.task(sweep, name=SWEEP)
    app.task(cleanup, name=CLEANUP)


def register_shelf(
    app: Celery, loop: Callable[[], asyncio.AbstractEventLoop], read: Callable[[str], Coroutine[Any, Any, None]]
) -> None:
    """The task of a worker that reads sources, one after another in each process."""

    def reading(sources: list[str]) -> None:
        for source in sources:
            asyncio.run_coroutine_threadsafe(read(source), loop()).result()

    app.task(reading, name=READING)
