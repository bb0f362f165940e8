"""Publish and subscribe through Valkey, with one subscribing connection per process."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final

import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

_QUEUE_SIZE: Final = 1000
_PUBLISH_CONNECTIONS: Final = 16
_CONNECTION_ERRORS: Final = (RedisError, OSError, TimeoutError)
_OWN_CHANNEL: Final = "sona:pubsub"
"""Always subscribed, so that redis-py keeps reading the connection while no other channel has a subscriber."""


class SignalsMissed:
    """Messages may have been lost; the subscriber has to read the database."""


MISSED: Final = SignalsMissed()
Queue = asyncio.Queue[bytes | SignalsMissed]


class Subscription:
    """The queues that subscribe to one channel in this process, and whether the server confirmed the subscription."""

    def __init__(self) -> None:
        self.queues: set[Queue] = set()
        self.confirmed = asyncio.Event()

    def put(self, item: bytes | SignalsMissed) -> None:
        """Put the item into every queue; a full queue is emptied and gets `MISSED` instead."""
        for queue in self.queues:
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                item = MISSED
            queue.put_nowait(item)


class PubSub:
    """Publishes and subscribes by channel name; created in the event loop that uses it.

    Messages may be lost while Valkey is unreachable. A subscriber gets `MISSED` whenever the server confirms its
    subscription again after a reconnect, and whenever its queue overflows.
    """

    def __init__(self, url: str, *, timeout: float = 2.0, reconnect_delay: float = 0.25) -> None:
        """`timeout` limits each answer of Valkey; both are in seconds."""
        self._timeout = timeout
        self._reconnect_delay = reconnect_delay
        self._publisher = redis.Redis.from_pool(
            redis.BlockingConnectionPool.from_url(
                url,
                max_connections=_PUBLISH_CONNECTIONS,
                timeout=timeout,
                socket_timeout=timeout,
                socket_connect_timeout=timeout,
                retry=Retry(NoBackoff(), 0),
            )
        )
        self._subscriber = redis.Redis.from_url(
            url, socket_connect_timeout=timeout, health_check_interval=10, retry=Retry(NoBackoff(), 0)
        )
        self._pubsub = self._subscriber.pubsub()
        self._subscriptions: dict[str, Subscription] = {}
        self._connected = False
        self._task: asyncio.Task[None] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The channels that have a subscriber in this process."""
        return tuple(self._subscriptions)

    async def publish(self, name: str, data: bytes) -> bool:
        """Send data to all subscribers; false when Valkey is unreachable. Never raises."""
        try:
            await self._publisher.publish(name, data)
        except _CONNECTION_ERRORS:
            return False
        return True

    def mark_missed(self, name: str) -> None:
        """Send `MISSED` to this process's subscribers of `name`."""
        if name in self._subscriptions:
            self._subscriptions[name].put(MISSED)

    @asynccontextmanager
    async def subscribe(self, name: str) -> AsyncGenerator[Queue]:
        """A queue of the messages published under `name` from now on.

        If Valkey does not confirm in time, the queue is returned anyway and gets `MISSED` once it does.
        """
        queue: Queue = asyncio.Queue(_QUEUE_SIZE)
        subscription = self._subscriptions.setdefault(name, Subscription())
        subscription.queues.add(queue)
        try:
            await self._confirm(name, subscription)
            yield queue
        finally:
            subscription.queues.discard(queue)
            if not subscription.queues and self._subscriptions.get(name) is subscription:
                del self._subscriptions[name]
                await self._send("unsubscribe", name)

    async def _confirm(self, name: str, subscription: Subscription) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._listen(), name="pubsub")
        if subscription.confirmed.is_set():
            return
        await self._send("subscribe", name)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(subscription.confirmed.wait(), self._timeout)
        # Set even after a timeout, so that the late confirmation counts as a reconnect and sends MISSED.
        subscription.confirmed.set()

    async def _send(self, command: str, name: str) -> None:
        """Send a command on the open connection; without one, `_receive` subscribes to all channels on connecting."""
        if not self._connected:
            return
        with contextlib.suppress(*_CONNECTION_ERRORS):
            await asyncio.wait_for(getattr(self._pubsub, command)(name), self._timeout)

    async def _listen(self) -> None:
        while True:
            with contextlib.suppress(*_CONNECTION_ERRORS):
                await self._receive()
            await asyncio.sleep(self._reconnect_delay)

    async def _receive(self) -> None:
        """Connect, subscribe to all channels and dispatch messages until the connection fails."""
        self._pubsub = pubsub = self._subscriber.pubsub()
        try:
            subscribed: set[str] = set()
            # Channels may be added while the commands are sent; `_send` skips them until the connection is ready.
            while new := {_OWN_CHANNEL, *self._subscriptions} - subscribed:
                await pubsub.subscribe(*new)
                subscribed |= new
            self._connected = True
            while True:
                message = await pubsub.get_message(timeout=5.0)
                if message is not None:
                    self._dispatch(message)
        finally:
            self._connected = False
            with contextlib.suppress(*_CONNECTION_ERRORS):
                await pubsub.aclose()

    def _dispatch(self, message: dict[str, Any]) -> None:
        subscription = self._subscriptions.get(message["channel"].decode())
        if subscription is None:
            return
        if message["type"] == "message":
            subscription.put(message["data"])
        elif message["type"] == "subscribe":
            if subscription.confirmed.is_set():
                subscription.put(MISSED)
            subscription.confirmed.set()

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        await self._publisher.aclose()
        await self._subscriber.aclose()
