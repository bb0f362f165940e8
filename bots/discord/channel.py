"""Discord as a channel."""

import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from bots.delivery import CountFallback
from bots.discord import custom_id, render, threads
from bots.discord.client import FETCH_LIMIT, DiscordClient
from bots.discord.commands import CommandSpec, Complete
from bots.discord.interactions import NewThread, OpenInteraction
from bots.discord.known_chats import KnownChats
from bots.discord.live import DiscordLiveUpdates, DiscordStreams
from bots.discord.location import DiscordLocation
from bots.discord.markdown import TEXT_LIMIT
from bots.discord.parse import DiscordParser, ParsedUpdate
from bots.discord.post import WebhookPost
from bots.discord.send import DiscordSender, Note
from bots.discord.verify import genuine
from bots.discord.wording import DiscordBot
from core.address import Address
from core.channel import Capabilities, LiveUpdates, RateSpec, Request, WebhookResponse
from core.clock import Clock
from core.errors import Failure, Refused
from core.event import Event, Stopped
from core.media import Media
from core.ports.blobs import Blobs
from core.reply import Reply

CAPABILITIES = Capabilities(
    text_limit=TEXT_LIMIT,
    formatted=True,
    buttons=render.MOST_CHOICES,
    label_limit=render.LABEL_LIMIT,
    choice_bytes=custom_id.CHOICE_BYTES,
    voice=True,
    pictures=True,
    files=True,
    edits=True,
    typing=True,
    streaming=True,
    sources=True,
    chat_rate=RateSpec(limit=5, seconds=5),
    total_rate=RateSpec(limit=50, seconds=1),
)
"""The rates are five messages in five seconds in a channel, and discord.com/developers/docs/topics/rate-limits' 50 calls a second for a bot."""
_REMEMBERED = 4096


class DiscordChannel:
    """One bot. `key` signs its buttons; interactions by HTTP have to be signed for `public_key`; `offers` are its commands."""

    name = "discord"
    capabilities = CAPABILITIES

    def __init__(
        self,
        *,
        client: DiscordClient,
        key: bytes,
        public_key: str,
        offers: Sequence[CommandSpec],
        complete: Complete,
        clock: Clock,
        blobs: Blobs,
        streams: DiscordStreams,
        note: Note,
        count: CountFallback,
    ) -> None:
        self._client = client
        self._reader = DiscordParser(
            bot=DiscordBot(), key=key, offers={offer.id: offer for offer in offers}, complete=complete
        )
        self._public_key = public_key
        self._clock = clock
        self._streams = streams
        self._post = WebhookPost(client=client, streams=streams, clock=clock)
        self._sending = DiscordSender(
            post=self._post, key=key, blobs=blobs, streams=streams, clock=clock, note=note, count=count
        )
        self._rooms = KnownChats()
        self._asked: OrderedDict[str, OpenInteraction] = OrderedDict()

    async def identify(self) -> str:
        """Ask Discord who the bot is, so that mentions of it are noticed, and return its user name."""
        number, username = await self._client.identify()
        self._reader = replace(self._reader, bot=DiscordBot(id=number))
        return username

    def verify(self, request: Request) -> bool:
        return genuine(request, self._public_key)

    def parse(self, request: Request) -> tuple[Event, ...]:
        return self._remembered(self._reader.body(request.body))

    def read(self, name: str, data: object) -> tuple[Event, ...]:
        """The events in what the gateway tells; raises `Malformed`. What wants an answer and is no event has it at once."""
        reading = self._reader.dispatch(name, data)
        if reading.asked is not None and not reading.events:
            self._streams.start(self._responded(reading.asked))
            reading = replace(reading, asked=None)
        return self._remembered(reading)

    def _remembered(self, reading: ParsedUpdate) -> tuple[Event, ...]:
        """Keeps what has to be answered at once; by HTTP, what gave no event is answered before anything else is read."""
        if reading.asked is not None:
            self._asked[reading.asked.event] = reading.asked
        if len(self._asked) > _REMEMBERED:
            self._asked.popitem(last=False)
        return self._rooms.settled(reading, self._clock.now())

    def _taken(self, events: tuple[Event, ...]) -> list[OpenInteraction]:
        names = [*(event.id for event in events), ""]
        return [self._asked.pop(name) for name in names if name in self._asked]

    async def answer(self, events: tuple[Event, ...]) -> WebhookResponse | None:
        """What the call is answered with: that it was heard, that the answer will come, or where it goes on."""
        for asked in self._taken(events):
            response, events = await self._taken_up(asked, events)
            return WebhookResponse(body=json.dumps(response).encode(), events=events)
        return None

    def moves(self, events: tuple[Event, ...]) -> bool:
        """Whether a thread has to be opened for one of the events, which takes a moment."""
        return any((asked := self._asked.get(event.id)) is not None and asked.thread for event in events)

    async def take_up(self, events: tuple[Event, ...]) -> tuple[Event, ...]:
        """The same for what came by the gateway; to be called after every `read`. The events as they are to be kept.

        Waits for nobody on the network, unless for the thread where an event `moves` to.
        """
        for asked in self._taken(events):
            response, events = await self._taken_up(asked, events)
            self._streams.start(self._responded(replace(asked, response=response)))
        return events

    async def acknowledge(self, events: tuple[Event, ...]) -> None:
        await self.take_up(events)

    async def _taken_up(
        self, asked: OpenInteraction, events: tuple[Event, ...]
    ) -> tuple[Mapping[str, Any], tuple[Event, ...]]:
        """What Discord is answered, and the events, in a thread of their own where one was to be opened."""
        if asked.thread is not None:
            there = await threads.opened(self._client, asked, asked.thread, start=self._streams.start)
            if there is not None:
                return self._moved(asked.thread, there), tuple(replace(event, address=there) for event in events)
        await self._promise(asked)
        return asked.response, (*events, *[also for event in events if (also := await self._also(event)) is not None])

    async def _also(self, event: Event) -> Event | None:
        """Who stops what runs in a server's channel means what runs for them alone, too; they are told of it there where they wait for an answer."""
        alone = replace(DiscordLocation.of(event.address), only=event.sender.id).address
        stops = isinstance(event.body, Stopped) and event.group
        if not stops or not await self._streams.lent(alone, self._clock.now()):
            return None
        waits = (await self._streams.draft(alone)).message
        return replace(event, id=f"{event.id}:only", address=alone, group=False, body=Stopped(quiet=not waits))

    def _moved(self, thread: NewThread, there: Address) -> Mapping[str, Any]:
        self._streams.start(threads.brought(self._client, there, thread.user))
        return threads.pointer(there, thread.locale)

    async def _responded(self, asked: OpenInteraction) -> None:
        with suppress(Failure):
            await self._client.respond(asked.id, asked.token, asked.response)

    async def _promise(self, asked: OpenInteraction) -> None:
        """What was promised or half written until now is taken back: it goes on where the newest promise is."""
        if asked.address is None:
            return
        if before := await self._streams.promise(asked, self._clock.now()):
            self._streams.start(self._taken_back(asked.address, before))

    async def _taken_back(self, address: Address, message: str) -> None:
        with suppress(Failure):
            await self._client.take_back(address, message)

    async def send(self, address: Address, reply: Reply, *, key: str, target: str = "") -> str:
        return await self._sending.send(address, reply, key=key, target=target)

    async def fetch(self, media: Media) -> bytes:
        if media.size > FETCH_LIMIT:
            raise Refused("the file is larger than 25 MB")
        return await self._client.fetch(media.ref)

    def live(self, address: Address) -> LiveUpdates:
        return DiscordLiveUpdates(address=address, post=self._post, clock=self._clock, streams=self._streams)

    async def settled(self) -> None:
        """Wait for the calls that nobody waited for."""
        await self._streams.close()

    async def close(self) -> None:
        await self.settled()
        await self._client.close()
