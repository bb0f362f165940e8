"""Celery tasks: they parse addresses and hand them to the scheduler."""

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
    """Register the tasks of a worker that runs turns; `scheduler` is called per task, as it exists only once the loop runs."""

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
    """Register the task of a worker that ingests sources, one at a time in each process."""

    def ingest(sources: list[str]) -> None:
        for source in sources:
            asyncio.run_coroutine_threadsafe(ingest_source(source), loop()).result()

    app.task(ingest, name=INGEST_TASK)
