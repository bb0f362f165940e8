"""Celery tasks: three-line shells that hand a ring to the house."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from celery import Celery

from core.address import Address
from workers.queue.celery import CLEANUP_TASK, DELIVERY_TASK, INGEST_TASK, SWEEP_TASK, TURN_TASK
from workers.queue.scheduler import TurnScheduler


def register_turn_tasks(
    app: Celery, scheduler: Callable[[], TurnScheduler], sweep: Callable[[], None], cleanup: Callable[[], None]
) -> None:
    """The tasks of a worker that runs turns; `house` is asked when a ring comes, once the loop stands."""

    def turn(addresses: list[str]) -> None:
        scheduler().schedule_turns([Address.parse(address) for address in addresses])

    def delivery(addresses: list[str]) -> None:
        scheduler().schedule_deliveries([Address.parse(address) for address in addresses])

    app.task(turn, name=TURN_TASK)
    app.task(delivery, name=DELIVERY_TASK)
    app.task(sweep, name=SWEEP_TASK)
    app.task(cleanup, name=CLEANUP_TASK)


def register_ingest_task(
    app: Celery,
    loop: Callable[[], asyncio.AbstractEventLoop],
    ingest_source: Callable[[str], Coroutine[Any, Any, None]],
) -> None:
    """The task of a worker that reads sources, one after another in each process."""

    def ingest(sources: list[str]) -> None:
        for source in sources:
            asyncio.run_coroutine_threadsafe(ingest_source(source), loop()).result()

    app.task(ingest, name=INGEST_TASK)
