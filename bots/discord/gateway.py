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
_LONGEST_WAIT = 60.0
_TRIES = 8
"""Of an event that cannot be kept for no reason that passes: two minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """Events as they will be kept, and as they were `read`: Discord has its answer at once, however long those before them wait to be kept."""

    events: asyncio.Task[tuple[Event, ...]]
    read: tuple[Event, ...]
    moves: bool


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
        self._untaken = 0
        self._safe: dict[int, GatewaySession] = {}

    async def listen(self, receive: ReceiveEvent) -> None:
        """Receive events until cancelled; begins anew, slower each time, whatever ends the connection."""
        waiting: asyncio.Queue[_Heard] = asyncio.Queue()
        self._untaken, self._safe = 0, {}
        taking = asyncio.create_task(self._take(waiting, receive))
        failures = 0
        try:
            while True:
                try:
                    await self._channel.identify()
                    await self._connected(waiting)
                    failures = 0
                except Exception as error:  # noqa: BLE001 - whatever ends the connection, somebody has to listen
                    failures += 1
                    _log.warning("Discord: the gateway ended: %r", error)
                await self._sleep(min(2.0 ** min(failures, 10), _LONGEST_WAIT))
        finally:
            taking.cancel()
            await asyncio.gather(taking, return_exceptions=True)

    async def _connected(self, waiting: asyncio.Queue[_Heard]) -> None:
        def told(name: str, data: object) -> None:
            try:
                events = self._channel.read(name, data)
                if events:
                    moves = self._channel.moves(events)
                    taking = asyncio.create_task(self._channel.take_up(events))
                    waiting.put_nowait(_Heard(events=taking, read=events, moves=moves))
                    self._untaken += 1
            except Malformed as error:
                _log.warning("Discord: a payload was left out: %s", error)
            except Exception as error:  # noqa: BLE001 - no payload may end the connection, whatever it breaks
                _log.error("Discord: a payload was left out, as reading it broke: %s", type(error).__name__)

        wire = DiscordHttp(api_url=self._api_url)
        socket = self._socket = GatewaySocket(wire=wire, told=told, sleep=self._sleep, sessions=self._sessions)
        try:
            await socket.start(self._token)
        except asyncio.CancelledError:
            await self._leave(socket)
            raise
        finally:
            await socket.close()

    async def _leave(self, socket: GatewaySocket) -> None:
        try:
            await socket.close()
            self._settled()
            await socket.keep(self._safe)
        except Exception as error:  # noqa: BLE001 - whoever is told to end does, whatever comes of the sessions
            _log.warning("Discord: where the sessions stand was not kept: %s", type(error).__name__)

    def _settled(self) -> None:
        """Where nothing waits to be taken, all that the sessions have told of is safe."""
        if not self._untaken and self._socket is not None:
            self._safe = self._socket.standing()

    async def _take(self, waiting: asyncio.Queue[_Heard], receive: ReceiveEvent) -> None:
        """Take event after event; what first needs a thread opened holds up nobody behind it."""
        async with asyncio.TaskGroup() as moving:
            while True:
                heard = await waiting.get()
                if heard.moves:
                    moving.create_task(self._dealt(heard, receive))
                else:
                    await self._dealt(heard, receive)

    async def _dealt(self, heard: _Heard, receive: ReceiveEvent) -> None:
        try:
            events = await heard.events
        except Exception as error:  # noqa: BLE001 - what was said is kept, whatever keeps Discord from its answer
            _log.error("Discord: an interaction was not answered: %s", type(error).__name__)
            events = heard.read
        for event in events:
            await self._taken(event, receive)
        self._untaken -= 1
        self._settled()

    async def _taken(self, event: Event, receive: ReceiveEvent) -> None:
        failures = 0
        while True:
            try:
                return await receive(event)
            except Exception as error:  # noqa: BLE001 - whatever keeps an event from being taken, those after it have to be heard
                failures += 1
                if failures >= _TRIES and not (isinstance(error, Failure) and error.retryable):
                    _log.error("Discord: an event is given up: %s", type(error).__name__)
                    return None
                _log.warning("Discord: an event could not be kept yet: %s", type(error).__name__)
                await self._sleep(min(2.0 ** min(failures - 1, 10), _LONGEST_WAIT))
