"""Deliveries at a platform's real limits: 5,000 replies arrive, in order, in little more than the time the limits allow."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import text

from bench.environment import embedded_servers, environment, process
from bench.placement import on_load_core
from bench.report import Entry, Row, at_most
from core import wire
from core.address import Address
from core.clock import SystemClock
from core.reply import Text
from storage.engine.database import Database
from tests.fakes import discord, slack, telegram
from workers.settings import Settings

REPLIES = 5_000
# Against the time that the limits allow.
TOLERANCE = 1.1
_TIMEOUT_SECONDS = 400.0

_INSERT = text(
    """
    INSERT INTO outbound (id, address, payload, due_at, created_at)
    SELECT id, address, payload, :now, :now
    FROM json_to_recordset(CAST(:given AS json)) AS given (id text, address text, payload jsonb, n int) ORDER BY n
    """
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformRun:
    """A fake platform: addresses of its `chats`, what a chat shows, and the seconds its limits make the replies take."""

    name: str
    chats: tuple[str, ...]
    shown: Callable[[str], list[str]]
    allowed_seconds: float
    variables: Mapping[str, str]

    def texts(self, chat: str) -> list[str]:
        return [f"{chat}: {number}" for number in range(REPLIES // len(self.chats))]

    def count(self) -> int:
        return sum(len(self.shown(chat)) for chat in self.chats)


def run() -> list[Entry]:
    return asyncio.run(_measure())


async def _measure() -> list[Entry]:
    rows: list[Entry] = []
    for fake in (_telegram, _discord, _slack):
        async with embedded_servers() as settings, fake() as platform:
            with on_load_core():
                rows += await _deliver(settings, platform)
    return rows


@asynccontextmanager
async def _telegram() -> AsyncGenerator[PlatformRun]:
    """30 messages per second in all are fewer than one per second in each of 250 chats."""
    async with telegram.FakeTelegram() as api:
        chats = {f"telegram:{number}": api.chat(number) for number in range(1001, 1251)}
        api.limit(time.monotonic)
        yield PlatformRun(
            name="telegram",
            chats=tuple(chats),
            shown=lambda chat: chats[chat].texts,
            allowed_seconds=(REPLIES - 30) / 30,
            variables={"TELEGRAM_BOT_TOKEN": api.token, "TELEGRAM_API_URL": api.url},
        )


@asynccontextmanager
async def _discord() -> AsyncGenerator[PlatformRun]:
    """5 messages in 5 seconds in each of 40 channels: the last 5 of 125 go out after 120 seconds.

    40 messages per second in all stay below the 50 calls per second of a bot.
    """
    async with discord.FakeDiscord() as api:
        chats = {f"discord:{number}": api.channel(str(number)) for number in range(5001, 5041)}
        api.limit(time.monotonic)
        yield PlatformRun(
            name="discord",
            chats=tuple(chats),
            shown=lambda chat: chats[chat].texts,
            allowed_seconds=REPLIES / len(chats) - 5,
            variables={"DISCORD_BOT_TOKEN": api.token, "DISCORD_API_URL": api.url},
        )


@asynccontextmanager
async def _slack() -> AsyncGenerator[PlatformRun]:
    """3 messages in 3 seconds in each of 50 channels: the last one of 100 goes out after 99 seconds."""
    async with slack.FakeSlack() as api:
        chats = {f"slack:T1.D{number}": api.channel(f"D{number}") for number in range(1, 51)}
        api.limit(time.monotonic)
        yield PlatformRun(
            name="slack",
            chats=tuple(chats),
            shown=lambda chat: [str(message["text"]) for message in chats[chat].messages.values()],
            allowed_seconds=(REPLIES / len(chats) - 1) // 3 * 3,
            variables={
                "SLACK_BOT_TOKEN": slack.TOKEN,
                "SLACK_APP_TOKEN": slack.APP_TOKEN,
                "SLACK_API_URL": api.url + "/api/",
            },
        )


async def _deliver(settings: Settings, platform: PlatformRun) -> list[Row]:
    await _insert(settings, platform)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(process(environment(settings, **platform.variables), "workers", "worker"))
        await _until(lambda: platform.count() > 0)
        begun = time.perf_counter()
        await _until(lambda: platform.count() >= REPLIES)
        took = time.perf_counter() - begun
    faulty = sum(platform.shown(chat) != platform.texts(chat) for chat in platform.chats)
    key, name = f"deliveries.{platform.name}", f"{REPLIES:,} replies at {platform.name}'s limits"
    return [
        Row(
            key=f"{key}.seconds",
            name=f"{name}, against the time they allow",
            value=took,
            unit="s",
            peer=platform.allowed_seconds,
            ratio=took / platform.allowed_seconds,
            better="less",
            target=f"≤ {TOLERANCE} × allowed",
            ok=took <= TOLERANCE * platform.allowed_seconds,
        ),
        at_most(
            f"{key}.faulty", f"{name}, chats with a reply missing, doubled or out of order", faulty, 0, timed=False
        ),
    ]


async def _insert(settings: Settings, platform: PlatformRun) -> None:
    clock = SystemClock()
    texts = {chat: platform.texts(chat) for chat in platform.chats}
    in_turn = [(chat, texts[chat][n]) for n in range(REPLIES // len(platform.chats)) for chat in platform.chats]
    given = [
        {
            "n": n,
            "id": clock.id(),
            "address": str(Address.parse(chat)),
            "payload": json.loads(wire.dump_reply(Text(text=body))),
        }
        for n, (chat, body) in enumerate(in_turn)
    ]
    database = Database(settings.database_url, pool=1)
    try:
        await database.run(_INSERT, {"given": json.dumps(given), "now": clock.now()})
    finally:
        await database.close()


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(_TIMEOUT_SECONDS):
        while not condition():  # noqa: ASYNC110 - the fakes announce nothing, and ten polls a second cost little
            await asyncio.sleep(0.1)
