"""From an event to its delivered reply: how long one takes, and how a thousand at once fare."""

import asyncio
import statistics
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
import redis.asyncio as redis
from celery import Celery

from bench import echo
from bench.environment import environment, memory, process, stage
from bench.report import Row, at_most
from bench.worker import FIRST, SENT
from core.address import Address
from core.clock import SystemClock
from core.event import Event, Said, Sender
from core.receive import ReceiveEvents
from storage.engine.database import Database
from storage.messaging.inbox import PostgresInbox
from tests.fakes.anthropic import FakeAnthropic
from tests.fakes.scripted_stream import Say
from workers.queue.celery import broker_url, make_app
from workers.queue.wake import CeleryWake
from workers.settings import Settings

TURNS = 200
CROWD = 1000
MODEL_SECONDS = 5.0
KEY = "sk-ant-test"


@dataclass(frozen=True, kw_only=True)
class Driver:
    """Puts events through the door as the web process does, and hears what the worker says."""

    receive: ReceiveEvents
    valkey: redis.Redis
    clock: SystemClock

    async def says(self, chat: str, words: str = "toki") -> None:
        sender = Sender(id=chat, name="Ana", locale="en")
        address = Address("bench", chat)
        event = Event(
            id=f"bench:{self.clock.id()}", address=address, sender=sender, at=datetime.now(UTC), body=Said(text=words)
        )
        await self.receive(event)

    async def heard(self, key: str = SENT) -> None:
        assert await self.valkey.blpop([key], timeout=30) is not None, f"nothing came on {key}"


@asynccontextmanager
async def driver(settings: Settings) -> AsyncGenerator[Driver]:
    database = Database(settings.database_url, pool=4)
    valkey = redis.Redis.from_url(settings.redis_url, socket_timeout=90)
    clock = SystemClock()

    async def never(_: Address) -> None: ...

    wake = CeleryWake(make_app(settings.redis_url), never)
    try:
        yield Driver(receive=ReceiveEvents(inbox=PostgresInbox(database, clock), wake=wake), valkey=valkey, clock=clock)
    finally:
        await asyncio.to_thread(wake.close)
        await valkey.aclose()
        await database.close()


def run() -> list[Row]:
    return asyncio.run(measure())


async def measure() -> list[Row]:
    async with stage() as settings, driver(settings) as at:
        rows = [await _one(settings, at), *await _crowd(settings, at)]
        return [*rows, await _first_token(settings, at)]


async def _one(settings: Settings, at: Driver) -> Row:
    """p50 of one conversation, turn after turn, the two taking turns so that both see the same machine."""
    async with process(environment(settings), "bench.worker", "wait", "0"), _floor(settings, at) as bare:

        async def ours() -> None:
            await at.says("one")
            await at.heard()

        for _ in range(20):
            await ours()
            await bare()
        timed = [(await _seconds(ours), await _seconds(bare)) for _ in range(TURNS)]
    value, floor = (statistics.median(column) * 1000 for column in zip(*timed, strict=True))
    return Row(
        name="event → reply delivered, p50, against a bare Celery echo with two commits",
        value=value,
        unit="ms",
        peer=floor,
        ratio=value / floor,
        reach="≤ 2 × peer",
        ok=value <= 2 * floor,
    )


@asynccontextmanager
async def _floor(settings: Settings, at: Driver) -> AsyncGenerator[Callable[[], Awaitable[None]]]:
    app = Celery("echo", broker=broker_url(settings.redis_url), set_as_current=False)
    connection = await psycopg.AsyncConnection.connect(settings.database_url, autocommit=True)
    await connection.execute("CREATE TABLE floor_messages (id text PRIMARY KEY, words text)")
    await connection.execute("CREATE TABLE floor_replies (id text PRIMARY KEY, words text)")

    async def bare() -> None:
        name = at.clock.id()
        await connection.execute("INSERT INTO floor_messages VALUES (%s, %s)", (name, "toki"))
        await asyncio.to_thread(app.send_task, echo.TASK, args=[name, "toki"], queue="echo")
        await at.heard(echo.SENT)

    async with process(environment(settings), "bench.echo"):
        yield bare
    await connection.close()


async def _crowd(settings: Settings, at: Driver) -> list[Row]:
    async with process(environment(settings), "bench.worker", "wait", str(MODEL_SECONDS)) as worker:
        await at.says("warm")
        await at.heard()
        started = time.monotonic()
        await asyncio.gather(*(at.says(f"crowd-{number}") for number in range(CROWD)))
        most = 0.0
        for _ in range(CROWD):
            await at.heard()
            most = max(most, memory(worker.pid))
        seconds = time.monotonic() - started
    about = f"{CROWD:,} conversations at once, the model takes {MODEL_SECONDS:g} s"
    return [
        at_most(f"{about}: all answered", seconds, 9.0, unit="s"),
        at_most(f"{about}: worker's memory", most, 300.0, unit="MB"),
    ]


async def _first_token(settings: Settings, at: Driver) -> Row:
    """p50 of the first words through the street, over the raw SDK's on the same server."""
    from anthropic import AsyncAnthropic

    async with FakeAnthropic() as api:
        env = environment(settings, ANTHROPIC_API_KEY=KEY, ANTHROPIC_BASE_URL=api.url)
        client = AsyncAnthropic(api_key=KEY, base_url=api.url)

        async def raw() -> None:
            async with client.messages.stream(
                model="claude-sonnet-5-5", max_tokens=100, messages=[{"role": "user", "content": "toki"}]
            ) as stream:
                async for _ in stream.text_stream:
                    return

        async def ours() -> None:
            await at.says("first")
            await at.heard(FIRST)

        async with process(env, "bench.worker", "agent"):
            for _ in range(5):
                await _asked(api, ours)
                await at.heard()
            timed: list[tuple[float, float]] = []
            for _ in range(40):
                here = await _asked(api, ours)
                await at.heard()
                timed.append((here, await _asked(api, raw)))
        await client.close()
    value, floor = (statistics.median(column) * 1000 for column in zip(*timed, strict=True))
    return Row(
        name="first token through the street, p50, over the raw SDK stream",
        value=value,
        unit="ms",
        peer=floor,
        ratio=value / floor,
        reach="≤ 30 ms added",
        ok=value - floor <= 30,
    )


async def _asked(api: FakeAnthropic, call: Callable[[], Awaitable[None]]) -> float:
    api.add(Say("toki a! mi wile toki e ni tawa sina."))
    return await _seconds(call)


async def _seconds(call: Callable[[], Awaitable[None]]) -> float:
    started = time.perf_counter()
    await call()
    return time.perf_counter() - started
