"""Five thousand replies to each platform that answers 429 at its real limits: all arrive, in order, in hardly more than the time these allow."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import text

from bench.environment import environment, process, stage
from bench.report import Row, at_most
from core import wire
from core.address import Address
from core.clock import SystemClock
from core.reply import Text
from storage.engine.database import Database
from tests.fakes import discord, slack, telegram
from workers.settings import Settings

REPLIES = 5_000
MOST = 1.1
_PATIENCE = 400.0

_PUT = text(
    """
    INSERT INTO outbound (id, address, payload, due_at, created_at)
    SELECT id, address, payload, :now, :now
    FROM json_to_recordset(CAST(:given AS json)) AS given (id text, address text, payload jsonb, n int) ORDER BY n
    """
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A platform's fake: `chats` by address, `seen` what a chat shows, `allowed` the seconds its limits make so many replies take."""

    name: str
    chats: tuple[str, ...]
    seen: Callable[[str], list[str]]
    allowed: float
    variables: Mapping[str, str]

    def words(self, chat: str) -> list[str]:
        return [f"{chat}: {number}" for number in range(REPLIES // len(self.chats))]

    def count(self) -> int:
        return sum(len(self.seen(chat)) for chat in self.chats)


def run() -> list[Row]:
    return asyncio.run(measure())


async def measure() -> list[Row]:
    rows: list[Row] = []
    for side in (_telegram, _discord, _slack):
        async with stage() as settings, side() as one:
            rows += await _delivered(settings, one)
    return rows


@asynccontextmanager
async def _telegram() -> AsyncGenerator[Side]:
    """Thirty messages a second in all bind before one a second in each of 250 chats."""
    async with telegram.FakeTelegram() as api:
        chats = {f"telegram:{number}": api.chat(number) for number in range(1001, 1251)}
        api.limit(time.monotonic)
        yield Side(
            name="telegram",
            chats=tuple(chats),
            seen=lambda chat: chats[chat].texts,
            allowed=(REPLIES - 30) / 30,
            variables={"TELEGRAM_BOT_TOKEN": api.token, "TELEGRAM_API_URL": api.url},
        )


@asynccontextmanager
async def _discord() -> AsyncGenerator[Side]:
    """Five messages in five seconds in each of 40 channels: the last five of 125 go out after 120 seconds.

    That is 40 messages a second, so that the 50 calls a second of a bot in all do not bind as well.
    """
    async with discord.FakeDiscord() as api:
        chats = {f"discord:{number}": api.room(str(number)) for number in range(5001, 5041)}
        api.limit(time.monotonic)
        yield Side(
            name="discord",
            chats=tuple(chats),
            seen=lambda chat: chats[chat].texts,
            allowed=REPLIES / len(chats) - 5,
            variables={"DISCORD_BOT_TOKEN": api.token, "DISCORD_API_URL": api.url},
        )


@asynccontextmanager
async def _slack() -> AsyncGenerator[Side]:
    """Three messages in three seconds in each of 50 channels: the last three of a hundred go out after 99 seconds."""
    async with slack.FakeSlack() as api:
        chats = {f"slack:T1.D{number}": api.channel(f"D{number}") for number in range(1, 51)}
        api.limit(time.monotonic)
        yield Side(
            name="slack",
            chats=tuple(chats),
            seen=lambda chat: [str(message["text"]) for message in chats[chat].messages.values()],
            allowed=(REPLIES / len(chats) - 1) // 3 * 3,
            variables={
                "SLACK_BOT_TOKEN": slack.TOKEN,
                "SLACK_APP_TOKEN": slack.APP_TOKEN,
                "SLACK_API_URL": api.url + "/api/",
            },
        )


async def _delivered(settings: Settings, side: Side) -> list[Row]:
    await _put(settings, side)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(process(environment(settings, **side.variables), "workers", "worker"))
        await _until(lambda: side.count() > 0)
        begun = time.perf_counter()
        await _until(lambda: side.count() >= REPLIES)
        took = time.perf_counter() - begun
    wrong = sum(side.seen(chat) != side.words(chat) for chat in side.chats)
    about = f"{REPLIES:,} replies at {side.name}'s limits"
    return [
        Row(
            name=f"{about}, against the time they allow",
            value=took,
            unit="s",
            peer=side.allowed,
            ratio=took / side.allowed,
            reach=f"≤ {MOST} × allowed",
            ok=took <= MOST * side.allowed,
        ),
        at_most(f"{about}, conversations with one missing, doubled or out of order", wrong, 0),
    ]


async def _put(settings: Settings, side: Side) -> None:
    clock = SystemClock()
    words = {chat: side.words(chat) for chat in side.chats}
    rounds = [(chat, words[chat][n]) for n in range(REPLIES // len(side.chats)) for chat in side.chats]
    given = [
        {
            "n": n,
            "id": clock.id(),
            "address": str(Address.parse(chat)),
            "payload": json.loads(wire.dump_reply(Text(text=said))),
        }
        for n, (chat, said) in enumerate(rounds)
    ]
    database = Database(settings.database_url, pool=1)
    try:
        await database.run(_PUT, {"given": json.dumps(given), "now": clock.now()})
    finally:
        await database.close()


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(_PATIENCE):
        while not true():  # noqa: ASYNC110 - looking ten times a second disturbs what is measured least
            await asyncio.sleep(0.1)
