"""Text messages, through Twilio."""

from dataclasses import dataclass

from bots.twilio.channel import SmsChannel
from bots.twilio.client import Client
from core.clock import Clock
from core.ports.consent import Allowance, Consents
from core.ports.count import Count


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
    """The account, connected."""

    channel: SmsChannel
    client: Client

    async def close(self) -> None:
        await self.channel.close()


def connect(settings: Settings, *, consents: Consents, allowance: Allowance, clock: Clock, count: Count) -> Twilio:
    """Make the channel; nothing goes out yet. To be called within the event loop that will use it."""
    client = Client(
        account_sid=settings.account_sid,
        auth_token=settings.auth_token,
        number=settings.number,
        api_url=settings.api_url,
    )
    channel = SmsChannel(
        client=client,
        token=settings.auth_token,
        public_url=settings.public_url,
        cap=settings.daily_segments,
        consents=consents,
        allowance=allowance,
        clock=clock,
        count=count,
    )
    return Twilio(channel=channel, client=client)
