"""Text messages as a channel."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from bots.twilio import parse
from bots.twilio.client import FETCH_LIMIT, TwilioClient
from bots.twilio.errors import OptedOut
from bots.twilio.media_links import MediaLinks
from bots.twilio.render import TEXT_LIMIT, attached, bodies
from bots.twilio.routes import INSISTING, STATUS
from bots.twilio.segments import measure
from bots.twilio.verify import genuine
from core.address import Address
from core.channel import Capabilities, LiveTarget, LiveUpdates, RateSpec, Request
from core.clock import Clock
from core.errors import Failure, Malformed, Refused
from core.event import Event, Left
from core.media import Audio, Media
from core.outbound import OutboundMessage
from core.phrases import phrase
from core.ports.blobs import Blobs
from core.ports.consent import Allowance, Consents
from core.ports.count import Count
from core.reply import Reply

CAPABILITIES = Capabilities(
    text_limit=TEXT_LIMIT,
    voice=True,
    pictures=True,
    spoofable_sender=True,
    letter_choices=True,
    chat_rate=RateSpec(limit=1, seconds=1),
    total_rate=RateSpec(limit=20, seconds=0),
)
"""Twilio queues what it takes, and refuses too many calls at a time (20429); one text a second keeps them in order on a phone."""
PLAYED = "audio/mpeg"
"""What every phone plays."""
SHOWN = frozenset({PLAYED, *(f"image/{kind}" for kind in ("jpeg", "jpg", "gif", "png", "heic", "heif", "tiff", "bmp"))})
"""What goes out as a file: of the types that Twilio's page of accepted ones has for MMS."""
LARGEST = 4_990_000
"""Bytes of a file: with its words a message is to stay below 5 MB."""
_MEDIA_COUNTRY = "+1"
_MEDIA_SEGMENTS = 3
"""What a message with a file costs, in those of a text, by Twilio's prices for the US."""
_REMEMBERED = 256

_RESERVED = 2
"""Segments of a day that are kept for the words that they are used up."""
_UNITS = 10_000
"""In a US dollar, as they are counted."""

ConvertAudio = Callable[[Audio, str], Awaitable[Audio]]
LocaleAt = Callable[[Address], Awaitable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsMessage:
    """One message as it goes out; `media` is the public address of its file, or empty."""

    body: str
    media: str = ""

    @property
    def fare(self) -> tuple[str, int]:
        """How it is written, and the segments it costs."""
        size = measure(self.body)
        return ("MMS", _MEDIA_SEGMENTS) if self.media else (size.encoding, size.segments)


class SmsChannel:
    """One number. Nothing goes out to who has ended the messages, and to nobody more than `cap` segments a day (UTC), the last of which say so.

    `price` is what a segment costs in US dollars, 0 where that is not counted.
    """

    name = "sms"
    capabilities = CAPABILITIES

    def __init__(
        self,
        *,
        client: TwilioClient,
        token: str,
        cap: int,
        price: float,
        lending: MediaLinks,
        blobs: Blobs,
        convert: ConvertAudio,
        consents: Consents,
        allowance: Allowance,
        locale_at: LocaleAt,
        clock: Clock,
        count: Count,
    ) -> None:
        self._client = client
        self._token = token
        self._cap = cap
        self._price = price
        self._lending = lending
        self._blobs = blobs
        self._convert = convert
        self._consents = consents
        self._allowance = allowance
        self._locale_at = locale_at
        self._clock = clock
        self._count = count
        self._begun: OrderedDict[tuple[str, Reply], tuple[str, ...]] = OrderedDict()
        self._ended: OrderedDict[str, bool] = OrderedDict()

    def verify(self, request: Request) -> bool:
        return genuine(request, public_url=self._lending.public_url, token=self._token)

    def parse(self, request: Request) -> tuple[Event, ...]:
        events = parse.read(request.body, self._clock.now())
        if any(isinstance(event.body, Left) for event in events) and parse.unconfirmed(request.body):
            self._ended.update((event.id, self._ended.get(event.id, True)) for event in events)
            _bound(self._ended)
        return events

    async def acknowledge(self, events: tuple[Event, ...]) -> None:
        """Twilio wants to know no more than the answer to its call; who has ended the messages in words that it does not know is told, once, that they have."""
        for event in events:
            if self._ended.get(event.id):
                self._ended[event.id] = False
                with suppress(Failure):
                    await self._confirm(event.address)

    async def _confirm(self, address: Address) -> None:
        """The one message that may follow an end of the messages."""
        message = SmsMessage(body=phrase("sms.ended", await self._locale_at(address)))
        day, segments = self._clock.now().date(), message.fare[1]
        cost = segments * self._price
        if await self._allowance.spend(address, segments, day=day, cap=self._cap, cost=cost):
            await self._posted(address, message, "", day)

    async def send(self, outbound: OutboundMessage, *, target: str = "") -> str:  # noqa: ARG002 - nothing that was sent can be changed
        """The id of the message, or of the last one where it took several; a retry in this process resumes after the messages that were sent."""
        address, reply, key = outbound.address, outbound.reply, outbound.id
        messages = await self._messages(address, reply)
        if not messages:
            raise Refused("there are no words to send")
        sent = self._begun.pop((key, reply), ())
        for message in messages[len(sent) :]:
            try:
                sent = (*sent, await self._sent(address, message, key))
            except BaseException:
                self._remember((key, reply), sent)
                raise
        return sent[-1]

    async def _messages(self, address: Address, reply: Reply) -> tuple[SmsMessage, ...]:
        """What says the reply, a file on the first message. Raises `Refused` where no files can be sent."""
        file = attached(reply)
        texts = tuple(SmsMessage(body=body) for body in bodies(reply))
        if file is None:
            return texts
        if not address.chat.startswith(_MEDIA_COUNTRY):
            raise Refused("files go to the United States and Canada only")
        media = self._lending.address(await self._playable(file))
        first, *rest = texts or (SmsMessage(body=""),)
        return (SmsMessage(body=first.body, media=media), *rest)

    async def _playable(self, file: Media) -> str:
        """The key of the file in a form that phones play. Raises `Refused` for what Twilio would take and not deliver."""
        data, mime = await self._blobs.get(file.ref)
        if not mime.startswith("audio/") or mime == PLAYED:
            _check(data, mime)
            return file.ref
        try:
            audio = await self._convert(Audio(data=data, mime=mime), PLAYED)
        except Malformed as error:
            raise Refused("the sound cannot be written for phones") from error
        _check(audio.data, PLAYED)
        return await self._blobs.put(audio.data, mime=PLAYED)

    async def _sent(self, address: Address, message: SmsMessage, key: str) -> str:
        if await self._consents.withdrawn(address):
            raise OptedOut
        _, segments = message.fare
        day = self._clock.now().date()
        room, cost = max(self._cap - _RESERVED, 1), segments * self._price
        if not await self._allowance.spend(address, segments, day=day, cap=room, cost=cost):
            self._count("daily_cap", channel=self.name)
            await self._ends(address, day)
            raise Refused("enough was sent to this person today", gone=True)
        return await self._posted(address, message, key, day)

    async def _ends(self, address: Address, day: date) -> None:
        """Tell the person, once in a day, that nothing more comes."""
        message = SmsMessage(body=phrase("sms.enough", await self._locale_at(address)))
        cost = message.fare[1] * self._price
        if await self._allowance.close(address, day=day, cap=self._cap, cost=cost):
            await self._posted(address, message, "", day)

    async def _posted(self, address: Address, message: SmsMessage, key: str, day: date) -> str:
        """Send what is paid for already, and give that back where it does not go out."""
        encoding, segments = message.fare
        cost = segments * self._price
        query = urlencode({"parcel": key.partition("/")[0]})
        report_to = f"{self._lending.public_url.rstrip('/')}{STATUS}?{query}{INSISTING}"
        try:
            receipt = await self._client.text(address.chat, message.body, report_to=report_to, media=message.media)
        except Failure as error:
            await self._allowance.spend(address, -segments, day=day, cap=self._cap, cost=-cost)
            if isinstance(error, OptedOut):
                await self._consents.withdraw(address, why="21610")
            raise
        for _ in range(segments):
            self._count("text_segments", encoding=encoding)
        for _ in range(round(cost * _UNITS)):
            self._count("text_cost", encoding=encoding)
        return receipt

    def _remember(self, key: tuple[str, Reply], sent: tuple[str, ...]) -> None:
        if sent:
            self._begun[key] = sent
        _bound(self._begun)

    async def fetch(self, media: Media) -> bytes:
        if media.size > FETCH_LIMIT:
            raise Refused("the file is larger than 20 MB")
        return await self._client.fetch(media.ref)

    def live(self, target: LiveTarget) -> LiveUpdates:  # noqa: ARG002 - nothing lives in a text message
        return _Still()

    async def close(self) -> None:
        await self._client.close()


def _bound(remembered: OrderedDict[Any, Any]) -> None:
    if len(remembered) > _REMEMBERED:
        remembered.popitem(last=False)


def _check(data: bytes, mime: str) -> None:
    if mime.partition(";")[0].strip().lower() not in SHOWN or len(data) > LARGEST:
        raise Refused("no phone is sent a file of this kind or size")


class _Still:
    async def typing(self) -> None: ...

    async def status(self, text: str) -> None: ...

    async def draft(self, text: str) -> None: ...
