"""Houses and people for stories."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import pytest

from core.ports.knowledge import Embedder
from core.providers.embeddings.minilm import MiniLm
from storage.engine.database import Database
from tests.fakes import discord, slack
from tests.fakes.anthropic import KEY, FakeAnthropic
from tests.fakes.messaging import Street
from tests.fakes.slack import SECRET, FakeSlack
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.fakes.twilio import ACCOUNT, LAN, NUMBER, FakeTwilio
from tests.fakes.twilio import TOKEN as TWILIO_TOKEN
from tests.stories.clients.discord import DiscordPhone, ServerPhone
from tests.stories.clients.slack import EphemeralPhone, SlackPhone, ThreadPhone
from tests.stories.clients.sms import SmsPhone
from tests.stories.clients.telegram import TelegramPhone
from tests.stories.clients.terminal import TerminalPhone
from tests.stories.clients.web import WebPhone
from tests.stories.conversation import Talk
from tests.stories.program import StoryHouse, open_house

Meeting = Callable[..., Awaitable[Talk]]


@pytest.fixture
def street(database: Database) -> Street:
    return Street(database)


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return MiniLm()


@pytest.fixture
async def claude() -> AsyncIterator[FakeAnthropic]:
    async with FakeAnthropic() as fake:
        yield fake


class Town:
    """Builds one house a story, and lets people meet Sona there."""

    def __init__(self, stack: AsyncExitStack, home: Path, embedder: Embedder, servers: dict[str, str]) -> None:
        self._stack = stack
        self._home = home
        self._embedder = embedder
        self._servers = servers
        self.api: FakeTelegram | None = None
        self.twilio: FakeTwilio | None = None
        self.discord: discord.FakeDiscord | None = None
        self.slack: FakeSlack | None = None
        self.house: StoryHouse | None = None

    async def meets(
        self, channel: str, *, locale: str = "en", chat: int = 7, hooked: bool = False, **chosen: Any
    ) -> Talk:
        """A person with a phone of this channel, in a house that is built the first time, with these settings."""
        house = self.house or await self.builds(
            telegram=channel == "telegram",
            sms=channel == "sms",
            on_discord=channel == "discord",
            on_slack=channel == "slack",
            hooked=hooked,
            **chosen,
        )
        match channel:
            case "web":
                jar = aiohttp.CookieJar(unsafe=True)
                session = await self._stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
                phone = WebPhone(session, house.url)
                await phone.open(locale)
                await house.taking.wait(phone.address, 1)
                self._stack.push_async_callback(phone.close)
            case "terminal":
                phone = TerminalPhone(house.ingress, "ana", locale, self._home / "saved")
                await phone.open()
                self._stack.push_async_callback(phone.close)
            case "sms":
                assert self.twilio is not None
                phone = SmsPhone(self.twilio, house.taking.wait, number=LAN, locale=locale)
            case "slack":
                assert self.slack is not None
                phone = SlackPhone(self.slack, house.taking.wait, house.clock, f"{house.url}slack", locale=locale)
            case "discord":
                assert self.discord is not None
                phone = DiscordPhone(self.discord, house.taking.wait, chat=chat, locale=locale)
            case _:
                assert channel == "telegram", channel
                phone = self._telegram(house, chat, locale)
        talk = Talk(house, phone)
        await talk.settles()
        return talk

    async def gathers(self, channel: str) -> Talk:
        """The same person among others: in a group of Telegram, a channel of a Discord server, a thread of a Slack channel."""
        house = self.house
        assert house is not None
        match channel:
            case "discord":
                assert self.discord is not None
                phone = ServerPhone(self.discord, house.taking.wait, chat=100, locale="en")
            case "slack":
                assert self.slack is not None
                phone = ThreadPhone(self.slack, house.taking.wait, house.clock, f"{house.url}slack")
            case _:
                assert channel == "telegram", channel
                phone = self._telegram(house, -100200, "en")
        return Talk(house, phone)

    async def asks_alone(self, channel: str) -> Talk:
        """The same person in a place of many, at what they alone are shown there."""
        house = self.house
        assert house is not None
        if channel == "slack":
            assert self.slack is not None
            return Talk(house, EphemeralPhone(self.slack, house.taking.wait, house.clock, f"{house.url}slack"))
        assert self.discord is not None
        phone = ServerPhone(self.discord, house.taking.wait, chat=100, locale="en")
        phone.switch_to("100", "@7")
        return Talk(house, phone)

    async def builds(
        self,
        *,
        telegram: bool = False,
        sms: bool = False,
        on_discord: bool = False,
        on_slack: bool = False,
        hooked: bool = False,
        claude: FakeAnthropic | None = None,
        **more: Any,
    ) -> StoryHouse:
        chosen: dict[str, Any] = self._servers | more
        if claude:
            chosen |= {"anthropic_api_key": KEY, "anthropic_base_url": claude.url}
        if telegram:
            self.api = await self._stack.enter_async_context(FakeTelegram())
            chosen |= {"telegram_bot_token": TOKEN, "telegram_api_url": self.api.url}
        if sms:
            self.twilio = await self._stack.enter_async_context(FakeTwilio())
            chosen |= {"twilio_account_sid": ACCOUNT, "twilio_auth_token": TWILIO_TOKEN}
            chosen |= {"twilio_phone_number": NUMBER, "twilio_api_url": self.twilio.url}
        if on_discord:
            self.discord = await self._stack.enter_async_context(discord.FakeDiscord())
            chosen |= {"discord_bot_token": discord.TOKEN, "discord_api_url": self.discord.url}
        if on_slack:
            self.slack = await self._stack.enter_async_context(FakeSlack())
            chosen |= {"slack_bot_token": slack.TOKEN, "slack_signing_secret": SECRET, "slack_api_url": self.slack.url}
        if hooked or sms or on_slack:
            chosen["public_url"] = "here"
        self.house = await self._stack.enter_async_context(open_house(self._home, self._embedder, **chosen))
        if self.twilio:
            self.twilio.hook = f"{self.house.url.rstrip('/')}/sms#rc=5&rp=all"
        if telegram:
            await self._listens(self.house, "telegram", hooked=hooked)
        if self.discord:
            await self._listens(self.house, "discord", hooked=False)
            await self.discord.gateway.ready()
        return self.house

    async def _listens(self, house: StoryHouse, name: str, *, hooked: bool) -> None:
        platform = house.ingress.platforms[name]
        await platform.announce()
        if hooked:
            return
        assert platform.gateway is not None
        listening = asyncio.create_task(platform.gateway.listen(house.ingress.accept))

        async def end() -> None:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

        self._stack.push_async_callback(end)

    def _telegram(self, house: StoryHouse, chat: int, locale: str) -> TelegramPhone:
        assert self.api is not None
        return TelegramPhone(self.api, house.taking.wait, chat=chat, locale=locale)


@pytest.fixture
async def town(tmp_path: Path, embedder: Embedder, database_url: str, redis_url: str) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        yield Town(stack, tmp_path, embedder, {"database_url": database_url, "redis_url": redis_url})


class Meet(Protocol):
    async def __call__(self, channel: str, locale: str = "en") -> Talk: ...


@pytest.fixture
async def meet(town: Town, claude: FakeAnthropic) -> Meet:
    """Someone on any channel, in a house with a model; what they were greeted with is still to be heard."""

    async def met(channel: str, locale: str = "en") -> Talk:
        return await town.meets(channel, locale=locale, claude=claude)

    return met
