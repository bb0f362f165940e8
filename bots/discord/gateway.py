"""The `Gateway` of Discord: receives dispatches and hands their events to the inbox in order."""

import asyncio
import logging
from dataclasses import dataclass

from bots.discord.channel import DiscordChannel
from bots.discord.sdk_routes import DiscordHttp
from bots.discord.sessions import GatewaySession, GatewaySessions
from bots.discord.socket import GatewaySocket
from core.channel import ReceiveEvent
from core.clock import Sleep
from core.errors import Failure, Malformed
from core.event import Event

_log = logging.getLogger(__name__)
_MAX_BACKOFF = 60.0
_MAX_ATTEMPTS = 8
"""Attempts to store an event that fails for no retryable reason; with back-off about two minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _PendingEvents:
    """Events that wait to be received: `parsed` as read, `events` once Discord has its response, which does not wait in the queue."""

    events: asyncio.Task[tuple[Event, ...]]
    parsed: tuple[Event, ...]
    opens_thread: bool


class DiscordGateway:
    """Retries events that `receive` fails on, in order; one that fails for an unexpected reason is dropped after a while.

    On cancellation, stores each session in `sessions` at the position up to which all events are received.
    """

    def __init__(
        self,
        *,
        token: str,
        api_url: str,
        channel: DiscordChannel,
        sessions: GatewaySessions,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._token = token
        self._api_url = api_url
        self._channel = channel
        self._sessions = sessions
        self._sleep = sleep
        self._socket: GatewaySocket | None = None
        self._pending = 0
        self._resumable: dict[int, GatewaySession] = {}

    async def listen(self, receive: ReceiveEvent) -> None:
        """Receive events until cancelled; reconnects with back-off after any error."""
        queue: asyncio.Queue[_PendingEvents] = asyncio.Queue()
        self._pending, self._resumable = 0, {}
        receiving = asyncio.create_task(self._receive_queued(queue, receive))
        failures = 0
        try:
            while True:
                try:
                    await self._channel.identify()
                    await self._connect(queue)
                    failures = 0
                except Exception as error:  # noqa: BLE001 - any error must lead to a new connection
                    failures += 1
                    _log.warning("Discord: the gateway connection ended: %r", error)
                await self._sleep(min(2.0 ** min(failures, 10), _MAX_BACKOFF))
        finally:
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)

    async def _connect(self, queue: asyncio.Queue[_PendingEvents]) -> None:
        def on_dispatch(name: str, data: object) -> None:
            try:
                events = self._channel.read(name, data)
                if events:
                    opens_thread = self._channel.opens_thread(events)
                    responding = asyncio.create_task(self._channel.respond(events))
                    queue.put_nowait(_PendingEvents(events=responding, parsed=events, opens_thread=opens_thread))
                    self._pending += 1
            except Malformed as error:
                _log.warning("Discord: a malformed payload was ignored: %s", error)
            except Exception as error:  # noqa: BLE001 - no payload may end the connection
                _log.error("Discord: a payload was ignored because parsing it failed: %s", type(error).__name__)

        http = DiscordHttp(api_url=self._api_url)
        socket = self._socket = GatewaySocket(
            http=http, on_dispatch=on_dispatch, sleep=self._sleep, sessions=self._sessions
        )
        try:
            await socket.start(self._token)
        except asyncio.CancelledError:
            await self._save_sessions(socket)
            raise
        finally:
            await socket.close()

    async def _save_sessions(self, socket: GatewaySocket) -> None:
        try:
            await socket.close()
            self._update_resumable()
            await socket.save_sessions(self._resumable)
        except Exception as error:  # noqa: BLE001 - cancellation must not fail because of the sessions
            _log.warning("Discord: the gateway sessions were not stored: %s", type(error).__name__)

    def _update_resumable(self) -> None:
        """Mark the current positions as resumable if no event is waiting."""
        if not self._pending and self._socket is not None:
            self._resumable = self._socket.positions()

    async def _receive_queued(self, queue: asyncio.Queue[_PendingEvents], receive: ReceiveEvent) -> None:
        """Receive events one after another; events that wait for a new thread do not delay those behind them."""
        async with asyncio.TaskGroup() as opening_threads:
            while True:
                pending = await queue.get()
                if pending.opens_thread:
                    opening_threads.create_task(self._receive_pending(pending, receive))
                else:
                    await self._receive_pending(pending, receive)

    async def _receive_pending(self, pending: _PendingEvents, receive: ReceiveEvent) -> None:
        try:
            events = await pending.events
        except Exception as error:  # noqa: BLE001 - events are stored even if the response fails
            _log.error("Discord: an interaction got no response: %s", type(error).__name__)
            events = pending.parsed
        for event in events:
            await self._receive(event, receive)
        self._pending -= 1
        self._update_resumable()

    async def _receive(self, event: Event, receive: ReceiveEvent) -> None:
        failures = 0
        while True:
            try:
                return await receive(event)
            except Exception as error:  # noqa: BLE001 - an event that cannot be stored must not block those behind it
                failures += 1
                if failures >= _MAX_ATTEMPTS and not (isinstance(error, Failure) and error.retryable):
                    _log.error("Discord: an event is dropped: %s", type(error).__name__)
                    return None
                _log.warning("Discord: storing an event failed and is retried: %s", type(error).__name__)
                await self._sleep(min(2.0 ** min(failures - 1, 10), _MAX_BACKOFF))
