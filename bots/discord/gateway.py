"""Listens at Discord's gateway."""

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
"""Of an event that cannot be kept for no reason that passes: two minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _PendingEvents:
    """Events as they will be kept, and as they were `read`: Discord has its answer at once, however long those before them wait to be kept."""

    events: asyncio.Task[tuple[Event, ...]]
    parsed: tuple[Event, ...]
    opens_thread: bool


class DiscordGateway:
    """A `Gateway`. Events that `receive` did not take are offered to it again, in the order they came.

    What breaks it in a way that nobody expects is given up after a while, so that it does not hold up all that comes after it.
    Where the sessions stand when it ends is kept in `sessions`, as far as all events before were taken.
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
        """Receive events until cancelled; begins anew, slower each time, whatever ends the connection."""
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
                except Exception as error:  # noqa: BLE001 - whatever ends the connection, somebody has to listen
                    failures += 1
                    _log.warning("Discord: the gateway ended: %r", error)
                await self._sleep(min(2.0 ** min(failures, 10), _MAX_BACKOFF))
        finally:
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)

    async def _connect(self, queue: asyncio.Queue[_PendingEvents]) -> None:
        def on_dispatch(name: str, data: object) -> None:
            try:
                events = self._channel.read(name, data)
                if events:
                    moves = self._channel.opens_thread(events)
                    responding = asyncio.create_task(self._channel.respond(events))
                    queue.put_nowait(_PendingEvents(events=responding, parsed=events, opens_thread=moves))
                    self._pending += 1
            except Malformed as error:
                _log.warning("Discord: a payload was left out: %s", error)
            except Exception as error:  # noqa: BLE001 - no payload may end the connection, whatever it breaks
                _log.error("Discord: a payload was left out, as reading it broke: %s", type(error).__name__)

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
        except Exception as error:  # noqa: BLE001 - whoever is told to end does, whatever comes of the sessions
            _log.warning("Discord: where the sessions stand was not kept: %s", type(error).__name__)

    def _update_resumable(self) -> None:
        """Where nothing waits to be taken, all that the sessions have told of is safe."""
        if not self._pending and self._socket is not None:
            self._resumable = self._socket.positions()

    async def _receive_queued(self, queue: asyncio.Queue[_PendingEvents], receive: ReceiveEvent) -> None:
        """Take event after event; what first needs a thread opened holds up nobody behind it."""
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
        except Exception as error:  # noqa: BLE001 - what was said is kept, whatever keeps Discord from its answer
            _log.error("Discord: an interaction was not answered: %s", type(error).__name__)
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
            except Exception as error:  # noqa: BLE001 - whatever keeps an event from being taken, those after it have to be heard
                failures += 1
                if failures >= _MAX_ATTEMPTS and not (isinstance(error, Failure) and error.retryable):
                    _log.error("Discord: an event is given up: %s", type(error).__name__)
                    return None
                _log.warning("Discord: an event could not be kept yet: %s", type(error).__name__)
                await self._sleep(min(2.0 ** min(failures - 1, 10), _MAX_BACKOFF))
