"""Combine concurrent single calls into batches."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import psycopg
from sqlalchemy import exc

from core.errors import Malformed

_ITEM_ERRORS = (
    *(psycopg.DataError, psycopg.IntegrityError, psycopg.ProgrammingError),
    *(exc.DataError, exc.IntegrityError, exc.ProgrammingError),
)

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


class Batcher(Generic[ItemT, ResultT]):
    """Calls `run` with up to `limit` items at a time and gives each caller its own result.

    Items that arrive while a batch runs form the next one: an idle system adds no delay, a busy one makes large
    batches. Only one batch runs at a time, so items take effect in the order of the calls. `run` returns one result per
    item; a `Malformed` result is raised to its caller. When a batch fails with an error that one item can cause, its
    items run one by one, so that only the faulty one fails.
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
                await self._run_batch([self._waiting.popleft() for _ in range(count)])
        finally:
            self._task = None

    async def _run_batch(self, batch: list[tuple[ItemT, asyncio.Future[ResultT]]]) -> None:
        try:
            results = await self._run([item for item, _ in batch])
        except _ITEM_ERRORS as error:
            if len(batch) == 1:
                _fail(batch, error)
                return
            for pair in batch:
                await self._run_batch([pair])
            return
        except Exception as error:  # noqa: BLE001 - any error belongs to the callers and must not stop later batches
            _fail(batch, error)
            return
        for pair, result in zip(batch, results, strict=True):
            if isinstance(result, Malformed):
                _fail([pair], result)
            elif not pair[1].done():
                pair[1].set_result(result)


def _fail(batch: "list[tuple[ItemT, asyncio.Future[ResultT]]]", error: Exception) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
            # Reading the exception keeps asyncio from logging "never retrieved" when the caller was cancelled.
            future.exception()
