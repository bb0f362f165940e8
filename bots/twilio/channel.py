"""Text messages as a channel."""

from collections import OrderedDict

from bots.twilio import parse
from bots.twilio.client import FETCH_LIMIT, Client
from bots.twilio.refusals import OptedOut
from bots.twilio.render import TEXT_LIMIT, bodies
from bots.twilio.segments import measure
from bots.twilio.verify import genuine
from core.address import Address
from core.channel import Capabilities, Live, Request
from core.clock import Clock
from core.errors import Failure, Refused
from core.event import Event
from core.media import Media
from core.ports.consent import Allowance, Consents
from core.ports.count import Count
from core.reply import Reply

CAPABILITIES = Capabilities(text_limit=TEXT_LIMIT)
_REMEMBERED = 256


class SmsChannel:
    """One number. Nothing goes out to who has ended the messages, and to nobody more than `cap` segments a day (UTC)."""

    name = "sms"
    capabilities = CAPABILITIES

    def __init__(
        self,
        *,
        client: Client,
        token: str,
        public_url: str,
        cap: int,
        consents: Consents,
        allowance: Allowance,
        clock: Clock,
        count: Count,
    ) -> None:
        self._client = client
        self._token = token
        self._public_url = public_url
        self._cap = cap
        self._consents = consents
        self._allowance = allowance
        self._clock = clock
        self._count = count
        self._begun: OrderedDict[tuple[str, Reply], tuple[str, ...]] = OrderedDict()

    def verify(self, request: Request) -> bool:
        return genuine(request, public_url=self._public_url, token=self._token)

    def parse(self, request: Request) -> tuple[Event, ...]:
        return parse.read(request.body, self._clock.now())

    async def acknowledge(self, events: tuple[Event, ...]) -> None:
        """Twilio wants to know no more than the answer to its call."""

    async def send(self, address: Address, reply: Reply, *, key: str, target: str = "") -> str:  # noqa: ARG002 - nothing that was sent can be changed
        """The id of the message, or of the last one where it took several; a retry with the same key in this process goes on after what went through."""
        written = bodies(reply)
        if not written:
            raise Refused("there are no words to send")
        sent = self._begun.pop((key, reply), ())
        for body in written[len(sent) :]:
            try:
                sent = (*sent, await self._text(address, body))
            except BaseException:
                self._remember((key, reply), sent)
                raise
        return sent[-1]

    async def _text(self, address: Address, body: str) -> str:
        if await self._consents.withdrawn(address):
            raise OptedOut
        size = measure(body)
        day = self._clock.now().date()
        if not await self._allowance.spend(address, size.segments, day=day, cap=self._cap):
            self._count("daily_cap", channel=self.name)
            raise Refused("enough was sent to this person today", gone=True)
        try:
            receipt = await self._client.text(address.chat, body)
        except Failure as error:
            await self._allowance.spend(address, -size.segments, day=day, cap=self._cap)
            if isinstance(error, OptedOut):
                await self._consents.withdraw(address, why="21610")
            raise
        for _ in range(size.segments):
            self._count("text_segments", encoding=size.encoding)
        return receipt

    def _remember(self, key: tuple[str, Reply], sent: tuple[str, ...]) -> None:
        if sent:
            self._begun[key] = sent
        if len(self._begun) > _REMEMBERED:
            self._begun.popitem(last=False)

    async def fetch(self, media: Media) -> bytes:
        if media.size > FETCH_LIMIT:
            raise Refused("the file is larger than 20 MB")
        return await self._client.fetch(media.ref)

    def live(self, address: Address) -> Live:  # noqa: ARG002 - nothing lives in a text message
        return _Still()

    async def close(self) -> None:
        await self._client.close()


class _Still:
    async def typing(self) -> None: ...

    async def status(self, text: str) -> None: ...

    async def draft(self, text: str) -> None: ...
