"""Text messages, through Twilio."""

import hmac
from dataclasses import dataclass
from hashlib import sha256

from bots.twilio.channel import Convert, SmsChannel
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

    `public_url` is where Twilio calls us; `daily_segments` is the most that is sent to one person in a day (UTC).
    """

    account_sid: str
    auth_token: str
    number: str
    public_url: str
    api_url: str = ""
    daily_segments: int = 300


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
    clock: Clock,
    count: Count,
) -> Twilio:
    """Make the channel; nothing goes out yet. To be called within the event loop that will use it.

    `convert` writes sound in another form (a MIME type).
    """
    client = Client(
        account_sid=settings.account_sid,
        auth_token=settings.auth_token,
        number=settings.number,
        api_url=settings.api_url,
    )
    key = hmac.digest(secret_key, b"sms media", sha256)
    lending = Lending(key=key, public_url=settings.public_url, clock=clock)
    channel = SmsChannel(
        client=client,
        token=settings.auth_token,
        cap=settings.daily_segments,
        lending=lending,
        blobs=blobs,
        convert=convert,
        consents=consents,
        allowance=allowance,
        clock=clock,
        count=count,
    )
    routes = Routes(channel.verify, lending=lending, blobs=blobs, outcomes=outcomes, consents=consents, count=count)
    return Twilio(channel=channel, client=client, routes=routes)
