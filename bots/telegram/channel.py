"""Telegram as a channel."""

from dataclasses import replace
from datetime import timedelta

from bots.delivery import CountFallback
from bots.telegram import callback, quiz, render
from bots.telegram.acknowledge import Acknowledger
from bots.telegram.albums import Albums
from bots.telegram.client import FETCH_LIMIT, TelegramClient
from bots.telegram.draft_pacing import MOST as DRAWS
from bots.telegram.html import TEXT_LIMIT
from bots.telegram.live import TelegramLiveUpdates, TelegramStreams
from bots.telegram.parse import TelegramParser, TelegramUpdate
from bots.telegram.send import TelegramSender
from bots.telegram.verify import genuine
from bots.telegram.wording import TelegramBot
from core.address import Address
from core.channel import Capabilities, LiveTarget, LiveUpdates, RateLimit, RateSpec, Request
from core.clock import Clock
from core.errors import Refused, Unreachable
from core.event import Event, Tapped
from core.media import Media
from core.outbound import OutboundMessage
from core.ports.blobs import Blobs
from core.ports.messaging import Polls
from core.quiz import button_value

CAPABILITIES = Capabilities(
    text_limit=TEXT_LIMIT,
    formatted=True,
    buttons=render.MOST_BUTTONS,
    label_limit=render.LABEL_LIMIT,
    choice_bytes=callback.CHOICE_BYTES,
    voice=True,
    pictures=True,
    files=True,
    edits=True,
    typing=True,
    streaming=True,
    sources=True,
    polls=quiz.OPTION_LIMIT,
    chat_rate=RateSpec(limit=3, seconds=3),
    group_rate=RateSpec(limit=20, seconds=60),
    total_rate=RateSpec(limit=30, seconds=1),
)
"""The rates are those of core.telegram.org/bots/faq: one message a second in a chat, where short bursts are borne, 20 a minute in a group, 30 a second in all."""

_LATELY = timedelta(hours=1)
_NO_QUESTION = "lost"
_GROUP_REST = RateSpec(limit=20 - DRAWS, seconds=60)


class TelegramChannel:
    """One bot. `key` signs its buttons, `secret` is what webhook calls have to carry."""

    name = "telegram"
    capabilities = CAPABILITIES

    def __init__(
        self,
        *,
        client: TelegramClient,
        bot: TelegramBot,
        key: bytes,
        secret: str,
        clock: Clock,
        blobs: Blobs,
        streams: TelegramStreams,
        count: CountFallback,
        polls: Polls | None = None,
    ) -> None:
        self._client = client
        self._reader = TelegramParser(bot=bot, key=key)
        self._secret = secret
        self._clock = clock
        self._streams = streams
        self._polls = polls
        self._count = count
        self._sending = TelegramSender(client=client, key=key, blobs=blobs, streams=streams, count=count)
        self._acknowledging = Acknowledger(client=client, streams=streams)
        self._albums = Albums()

    async def identify(self) -> str:
        """Ask Telegram for the bot's user name, by which it is called in groups, and return it."""
        number, username = await self._client.identify()
        self._reader = TelegramParser(bot=TelegramBot(id=number, username=username), key=self._reader.key)
        return username

    def verify(self, request: Request) -> bool:
        return genuine(request, self._secret)

    def parse(self, request: Request) -> tuple[Event, ...]:
        return self._remembered(self._reader.body(request.body, self._clock.now()))

    def read(self, update: object) -> tuple[Event, ...]:
        """The events in an update that came by polling; raises `Malformed`."""
        return self._remembered(self._reader.update(update, self._clock.now()))

    def _remembered(self, reading: TelegramUpdate) -> tuple[Event, ...]:
        """Keeps what `acknowledge` has to tell, and what tells of parts still to come."""
        reading = self._albums.gathered(reading)
        self._acknowledging.note(reading)
        return reading.events

    async def admit(self, events: tuple[Event, ...]) -> tuple[Event, ...]:
        """Votes go where their poll was sent, as a tap on the choice; all else is where it belongs.

        Raises `Unreachable` until the bot's name is known: what calls it by that name was read as meant for others.
        """
        if not self._reader.bot.username:
            raise Unreachable("Telegram has not said yet who the bot is")
        if not any(isinstance(event.body, Tapped) and event.body.judged for event in events):
            return events
        return tuple([placed for event in events if (placed := await self._placed(event)) is not None])

    async def _placed(self, event: Event) -> Event | None:
        """`None` for one of a private chat that was passed on to somebody else; for a poll that is not known, see `_lost`."""
        body = event.body
        if not isinstance(body, Tapped) or not (poll := quiz.voted(body.of)):
            return event
        asked = await self._polls.find(self.name, poll) if self._polls else None
        if asked is None:
            return await self._lost(event)
        if not (option := int(body.choice)) < len(asked.quiz.choices):
            return None
        group = asked.address.chat.startswith("-")
        if not group and asked.address.chat != event.sender.id:
            return None
        choice = asked.quiz.choices[option].value
        return replace(event, address=asked.address, group=group, body=replace(body, choice=choice, of=asked.receipt))

    async def _lost(self, event: Event) -> Event | None:
        """A vote in a poll that is not known, as a tap on a question that is over, in the person's own chat if they were asked there lately.

        Where Telegram's answer to a poll was lost, the question stands there twice, and only the second poll is known.
        """
        since = self._clock.now() - _LATELY
        if self._polls is None or not await self._polls.asked_since(event.address, since):
            return None
        return replace(event, body=Tapped(choice=button_value.value(_NO_QUESTION, 0)))

    async def acknowledge(self, events: tuple[Event, ...]) -> None:
        """To be called after every `parse`; see `Acknowledging`."""
        await self._acknowledging.tell(events)

    async def send(self, outbound: OutboundMessage, *, target: str = "") -> str:
        return await self._sending.send(outbound, target=target)

    def lanes(self, address: Address) -> tuple[RateLimit, ...]:
        """All topics of a group share its limit, of which a part is kept for what is drawn meanwhile."""
        can = self.capabilities
        rate = _GROUP_REST if address.chat.startswith("-") else can.chat_rate
        own = (RateLimit(name=f"{self.name}:{address.chat}", rate=rate),) if rate else ()
        return (*own, RateLimit(name=self.name, rate=can.total_rate, shared=True)) if can.total_rate else own

    async def fetch(self, media: Media) -> bytes:
        if media.size > FETCH_LIMIT:
            raise Refused("the file is larger than 20 MB")
        return await self._client.fetch(media.ref)

    def live(self, target: LiveTarget) -> LiveUpdates:
        return TelegramLiveUpdates(
            address=target.address, client=self._client, clock=self._clock, streams=self._streams, count=self._count
        )

    async def settled(self) -> None:
        """Wait for the calls that nobody waited for."""
        await self._streams.close()

    async def close(self) -> None:
        await self.settled()
        await self._client.close()
