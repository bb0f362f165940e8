"""What Telegram is told of updates that were taken: taps are answered, and what takes long to hear or read is looked at."""

import asyncio
from collections import OrderedDict
from contextlib import suppress

from bots.telegram.client import TelegramClient
from bots.telegram.live import TelegramStreams
from bots.telegram.parse import TelegramUpdate
from core.errors import Failure
from core.event import Event, Shared, Spoke

SEEN = "👀"
_REMEMBERED = 4096


class Acknowledger:
    """Knows the tickets of taps, and the messages of voice notes and files, until they are told of. What fails is no harm.

    The look stays where it is: it says which message was heard, and costs no second call.
    """

    def __init__(self, *, client: TelegramClient, streams: TelegramStreams) -> None:
        self._client = client
        self._streams = streams
        self._callbacks: OrderedDict[str, str] = OrderedDict()
        self._seen: OrderedDict[str, str] = OrderedDict()
        self._album = ""

    def note(self, reading: TelegramUpdate) -> None:
        """A tap that is ignored is answered with whatever comes next."""
        if reading.callback:
            self._callbacks[reading.callback] = reading.events[0].id if reading.events else ""
        for event in reading.events:
            if reading.message and self._takes_long(event):
                self._seen[event.id] = reading.message
        for remembered in (self._callbacks, self._seen):
            if len(remembered) > _REMEMBERED:
                remembered.popitem(last=False)

    async def tell(self, events: tuple[Event, ...]) -> None:
        """Answer the taps among the events, and those that gave none; looks go out by themselves."""
        for event in events:
            if message := self._seen.pop(event.id, ""):
                self._streams.start(self._look(event, message))
        if not self._callbacks:
            return
        ids = {event.id for event in events} | {""}
        answered = [ticket for ticket, event in self._callbacks.items() if event in ids]
        for ticket in answered:
            del self._callbacks[ticket]
        await asyncio.gather(*(self._answer(ticket) for ticket in answered))

    def _takes_long(self, event: Event) -> bool:
        """Of files sent together, the first is enough."""
        if not event.addressed or not isinstance(event.body, Spoke | Shared):
            return False
        album = event.body.album if isinstance(event.body, Shared) else ""
        again = bool(album) and album == self._album
        self._album = album
        return not again

    async def _answer(self, ticket: str) -> None:
        """The waiting sign on a button goes away by itself in the end."""
        with suppress(Failure):
            await self._client.answer(ticket)

    async def _look(self, event: Event, message: str) -> None:
        with suppress(Failure):
            await self._client.react(event.address, message, SEEN)
