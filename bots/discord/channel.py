"""Discord as a channel."""

import json
from collections import OrderedDict
from contextlib import suppress
from dataclasses import replace

from bots.discord import custom_id, render
from bots.discord.client import FETCH_LIMIT, Client
from bots.discord.interactions import Asked
from bots.discord.live import DiscordLive, Streams
from bots.discord.markdown import TEXT_LIMIT
from bots.discord.parse import Reader, Reading
from bots.discord.sending import Count, Note, Sending
from bots.discord.verify import genuine
from bots.discord.wording import Bot
from core.address import Address
from core.channel import Answer, Capabilities, Live, Rate, Request
from core.clock import Clock
from core.errors import Failure, Refused
from core.event import Event
from core.media import Media
from core.ports.blobs import Blobs
from core.reply import Reply

CAPABILITIES = Capabilities(
    text_limit=TEXT_LIMIT,
    formatted=True,
    buttons=render.MOST_BUTTONS,
    label_limit=render.LABEL_LIMIT,
    choice_bytes=custom_id.CHOICE_BYTES,
    voice=True,
    pictures=True,
    files=True,
    edits=True,
    typing=True,
    streaming=True,
    sources=True,
    chat_rate=Rate(most=5, seconds=5),
    total_rate=Rate(most=50, seconds=1),
)
"""The rates are five messages in five seconds in a channel, and discord.com/developers/docs/topics/rate-limits' 50 calls a second for a bot."""
_REMEMBERED = 4096


class DiscordChannel:
    """One bot. `key` signs its buttons; interactions by HTTP have to be signed for `public_key`."""

    name = "discord"
    capabilities = CAPABILITIES

    def __init__(
        self,
        *,
        client: Client,
        key: bytes,
        public_key: str,
        clock: Clock,
        blobs: Blobs,
        streams: Streams,
        note: Note,
        count: Count,
    ) -> None:
        self._client = client
        self._reader = Reader(bot=Bot(), key=key)
        self._public_key = public_key
        self._clock = clock
        self._streams = streams
        self._sending = Sending(
            client=client, key=key, blobs=blobs, streams=streams, clock=clock, note=note, count=count
        )
        self._asked: OrderedDict[str, Asked] = OrderedDict()

    async def identify(self) -> str:
        """Ask Discord who the bot is, so that mentions of it are noticed, and return its user name."""
        number, username = await self._client.identify()
        self._reader = replace(self._reader, bot=Bot(id=number))
        return username

    def verify(self, request: Request) -> bool:
        return genuine(request, self._public_key)

    def parse(self, request: Request) -> tuple[Event, ...]:
        return self._remembered(self._reader.body(request.body))

    def read(self, name: str, data: object) -> tuple[Event, ...]:
        """The events in what the gateway tells; raises `Malformed`."""
        return self._remembered(self._reader.dispatch(name, data))

    def _remembered(self, reading: Reading) -> tuple[Event, ...]:
        """Keeps what has to be answered at once; what gave no event is answered with whatever comes next."""
        if reading.asked is not None:
            self._asked[reading.asked.event] = reading.asked
        if len(self._asked) > _REMEMBERED:
            self._asked.popitem(last=False)
        return reading.events

    def _taken(self, events: tuple[Event, ...]) -> list[Asked]:
        names = [*(event.id for event in events), ""]
        return [self._asked.pop(name) for name in names if name in self._asked]

    async def answer(self, events: tuple[Event, ...]) -> Answer | None:
        """What the call is answered with: that it was heard, or that the answer will come."""
        for asked in self._taken(events):
            await self._promise(asked)
            return Answer(body=json.dumps(asked.response).encode())
        return None

    async def acknowledge(self, events: tuple[Event, ...]) -> None:
        """The same for what came by the gateway; to be called after every `read`. Waits for nobody on the network."""
        for asked in self._taken(events):
            await self._promise(asked)
            self._streams.start(self._responded(asked))

    async def _responded(self, asked: Asked) -> None:
        with suppress(Failure):
            await self._client.respond(asked.id, asked.token, asked.response)

    async def _promise(self, asked: Asked) -> None:
        """An earlier promise that was not kept yet is taken back: one answer will do for both."""
        if asked.address is not None and (before := await self._streams.promise(asked)):
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

    def live(self, address: Address) -> Live:
        return DiscordLive(address=address, client=self._client, clock=self._clock, streams=self._streams)

    async def settled(self) -> None:
        """Wait for the calls that nobody waited for."""
        await self._streams.close()

    async def close(self) -> None:
        await self.settled()
        await self._client.close()
