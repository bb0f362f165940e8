"""Text messages, through Twilio."""

import hmac
from dataclasses import dataclass
from hashlib import sha256

from bots.twilio.channel import Convert, LocaleAt, SmsChannel
from bots.twilio.client import Client
from bots.twilio.lending import Lending
from bots.twilio.routes import Routes
from core.clock import Clock
from core.ports.blobs import Blobs
from core.ports.consent import Allowance, Consents
from core.ports.count import Count
from core.ports.street import Outcomes


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`number` is the phone number that sends, or a messaging service's id; `api_url` replaces Twilio's address.

    `public_url` is where Twilio calls us; `daily_segments` is the most that is sent to one person in a day (UTC),
    `segment_price` what each costs in US dollars, 0 where that is not counted.
    """

    account_sid: str
    auth_token: str
    number: str
    public_url: str
    api_url: str = ""
    daily_segments: int = 300
    segment_price: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Twilio:
    """The account, connected. `routes` are what Twilio calls beside the messages themselves."""

    channel: SmsChannel
    client: Client
    routes: Routes

    async def close(self) -> None:
        await self.channel.close()


def connect(
    settings: Settings,
    *,
    secret_key: bytes,
    blobs: Blobs,
    convert: Convert,
    outcomes: Outcomes,
    consents: Consents,
    allowance: Allowance,
    locale_at: LocaleAt,
    clock: Clock,
    count: Count,
) -> Twilio:
    """Make the channel; nothing goes out yet. To be called within the event loop that will use it.

    `convert` writes sound in another form (a MIME type); `locale_at` is the language that is spoken at an address.
    """
    client = Client(
        account_sid=settings.account_sid,
        auth_token=settings.auth_token,
        number=settings.number,
        api_url=settings.api_url,
    )
    lending = Lending(key=hmac.digest(secret_key, b"sms media", sha256), public_url=settings.public_url, clock=clock)
    channel = SmsChannel(
        client=client,
        token=settings.auth_token,
        cap=settings.daily_segments,
        price=settings.segment_price,
        lending=lending,
        blobs=blobs,
        convert=convert,
        consents=consents,
        allowance=allowance,
        locale_at=locale_at,
        clock=clock,
        count=count,
    )
    routes = Routes(channel.verify, lending=lending, blobs=blobs, outcomes=outcomes, consents=consents, count=count)
    return Twilio(channel=channel, client=client, routes=routes)
