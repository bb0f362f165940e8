"""Text messages, through Twilio."""

import hmac
from dataclasses import dataclass
from hashlib import sha256

from bots.twilio.channel import ConvertAudio, LocaleAt, SmsChannel
from bots.twilio.client import TwilioClient
from bots.twilio.media_links import MediaLinks
from bots.twilio.routes import TwilioRoutes
from core.clock import Clock
from core.ports.blobs import Blobs
from core.ports.consent import Allowance, Consents
from core.ports.count import Count
from core.ports.messaging import DeliveryReports


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioSettings:
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
    client: TwilioClient
    routes: TwilioRoutes

    async def close(self) -> None:
        await self.channel.close()


def connect(
    settings: TwilioSettings,
    *,
    secret_key: bytes,
    blobs: Blobs,
    convert: ConvertAudio,
    outcomes: DeliveryReports,
    consents: Consents,
    allowance: Allowance,
    locale_at: LocaleAt,
    clock: Clock,
    count: Count,
) -> Twilio:
    """Build the channel inside the event loop that uses it; sends nothing yet. `convert` transcodes to a MIME type."""
    client = TwilioClient(
        account_sid=settings.account_sid,
        auth_token=settings.auth_token,
        number=settings.number,
        api_url=settings.api_url,
    )
    lending = MediaLinks(key=hmac.digest(secret_key, b"sms media", sha256), public_url=settings.public_url, clock=clock)
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
    routes = TwilioRoutes(
        channel.verify, lending=lending, blobs=blobs, outcomes=outcomes, consents=consents, count=count
    )
    return Twilio(channel=channel, client=client, routes=routes)
