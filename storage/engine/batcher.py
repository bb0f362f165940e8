"""Many single calls as few batches: what arrives while one batch is under way makes the next."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import psycopg
from sqlalchemy import exc

from core.errors import Malformed

_ITEMS_FAULT = (
    *(psycopg.DataError, psycopg.IntegrityError, psycopg.ProgrammingError),
    *(exc.DataError, exc.IntegrityError, exc.ProgrammingError),
)

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


class Batcher(Generic[ItemT, ResultT]):
    """Calls `run` with up to `most` items at a time and hands each caller its own outcome; a `Malformed` one is raised there.

    Only one batch runs at a time, so items take effect in the order they came. When a batch fails
    because of an item, all are tried one by one, so that the bad one fails alone.
    """

    def __init__(
        self, run: Callable[[Sequence[ItemT]], Awaitable[Sequence[ResultT | Malformed]]], *, limit: int = 256
    ) -> None:
        self._run = run
        self._limit = limit
        self._waiting: deque[tuple[ItemT, asyncio.Future[ResultT]]] = deque()
        self._task: asyncio.Task[None] | None = None

    async def __call__(self, item: ItemT) -> ResultT:
        future: asyncio.Future[ResultT] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        return await future

    async def _work(self) -> None:
        try:
            while self._waiting:
                count = min(len(self._waiting), self._limit)
                await self._batch([self._waiting.popleft() for _ in range(count)])
        finally:
            self._task = None

    async def _batch(self, batch: list[tuple[ItemT, asyncio.Future[ResultT]]]) -> None:
        try:
            outcomes = await self._run([item for item, _ in batch])
        except _ITEMS_FAULT as error:
            if len(batch) == 1:
                _fail(batch, error)
                return
            for pair in batch:
                await self._batch([pair])
            return
        except Exception as error:  # noqa: BLE001 - whatever went wrong belongs to the callers, not to this loop
            _fail(batch, error)
            return
        for pair, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Malformed):
                _fail([pair], outcome)
            elif not pair[1].done():
                pair[1].set_result(outcome)


def _fail(batch: "list[tuple[ItemT, asyncio.Future[ResultT]]]", error: Exception) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
            future.exception()
