"""One Valkey pub/sub connection for a whole process, fanned out to everyone in it who listens."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final

import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

_QUEUE: Final = 1000
_PUBLISHERS: Final = 16
_AWAY: Final = (RedisError, OSError, TimeoutError)


class SignalsMissed:
    """Something may have been said that was not heard: look in the database."""


MISSED: Final = SignalsMissed()
Queue = asyncio.Queue[bytes | SignalsMissed]


class Subscription:
    """Who listens to one name in this process, and whether the server has confirmed that we do."""

    def __init__(self) -> None:
        self.queues: set[Queue] = set()
        self.confirmed = asyncio.Event()

    def spread(self, item: bytes | SignalsMissed) -> None:
        for queue in self.queues:
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                item = MISSED
            queue.put_nowait(item)


class PubSub:
    """Publishing and listening by name. Made inside the event loop that uses it; listening starts by itself.

    A message may be lost while Valkey is away. Each time a subscription is confirmed anew, and each time
    a queue runs over, its listeners get `MISSED`.
    """

    def __init__(self, url: str, *, patience: float = 2.0, pause: float = 0.25) -> None:
        """`patience` is how long Valkey may take to answer, `pause` how long to wait before a new connection, in seconds."""
        self._patience = patience
        self._pause = pause
        self._client = redis.Redis.from_pool(
            redis.BlockingConnectionPool.from_url(
                url,
                max_connections=_PUBLISHERS,
                timeout=patience,
                socket_timeout=patience,
                socket_connect_timeout=patience,
                retry=Retry(NoBackoff(), 0),
            )
        )
        self._ear = redis.Redis.from_url(
            url, socket_connect_timeout=patience, health_check_interval=10, retry=Retry(NoBackoff(), 0)
        )
        self._pubsub = self._ear.pubsub()
        self._channels: dict[str, Subscription] = {}
        self._open = False
        self._task: asyncio.Task[None] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What is listened to now."""
        return tuple(self._channels)

    async def publish(self, name: str, data: bytes) -> bool:
        """Tell who listens; false when Valkey is away. Never raises."""
        try:
            await self._client.publish(name, data)
        except _AWAY:
            return False
        return True

    def mark_missed(self, name: str) -> None:
        """Make this process's listeners of `name` look in the database."""
        if name in self._channels:
            self._channels[name].spread(MISSED)

    @asynccontextmanager
    async def subscribe(self, name: str) -> AsyncGenerator[Queue]:
        """A queue of what is published under `name` from now on.

        Where Valkey does not confirm in time the queue is given all the same: `MISSED` comes once it does.
        """
        queue: Queue = asyncio.Queue(_QUEUE)
        channel = self._channels.setdefault(name, Subscription())
        channel.queues.add(queue)
        try:
            await self._confirm(name, channel)
            yield queue
        finally:
            channel.queues.discard(queue)
            if not channel.queues and self._channels.get(name) is channel:
                del self._channels[name]
                await self._quietly("unsubscribe", name)

    async def _confirm(self, name: str, channel: Subscription) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._listen(), name="radio")
        if channel.confirmed.is_set():
            return
        await self._quietly("subscribe", name)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(channel.confirmed.wait(), self._patience)
        channel.confirmed.set()

    async def _quietly(self, command: str, name: str) -> None:
        """Ask on the open connection; while there is none, or it is broken, `_hear` subscribes to everything by itself."""
        if not self._open:
            return
        with contextlib.suppress(*_AWAY):
            await asyncio.wait_for(getattr(self._pubsub, command)(name), self._patience)

    async def _listen(self) -> None:
        while True:
            with contextlib.suppress(*_AWAY):
                await self._hear()
            await asyncio.sleep(self._pause)

    async def _hear(self) -> None:
        self._pubsub = pubsub = self._ear.pubsub()
        try:
            asked: set[str] = set()
            while new := {"sona:radio", *self._channels} - asked:
                await pubsub.subscribe(*new)
                asked |= new
            self._open = True
            while True:
                message = await pubsub.get_message(timeout=5.0)
                if message is not None:
                    self._take(message)
        finally:
            self._open = False
            with contextlib.suppress(*_AWAY):
                await pubsub.aclose()

    def _take(self, message: dict[str, Any]) -> None:
        channel = self._channels.get(message["channel"].decode())
        if channel is None:
            return
        if message["type"] == "message":
            channel.spread(message["data"])
        elif message["type"] == "subscribe":
            if channel.confirmed.is_set():
                channel.spread(MISSED)
            channel.confirmed.set()

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        await self._client.aclose()
        await self._ear.aclose()
