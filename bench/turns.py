"""From an event to its delivered reply: latency of one conversation, a thousand at once, and the first token."""

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
from bench.environment import embedded_servers, environment, memory, process
from bench.placement import on_load_core
from bench.report import Entry, Row, at_most
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
class TurnClient:
    """Receives events as the web process does, and waits for what the worker reports."""

    receive: ReceiveEvents
    valkey: redis.Redis
    clock: SystemClock

    async def send(self, chat: str) -> None:
        sender = Sender(id=chat, name="Ana", locale="en")
        address = Address("bench", chat)
        event = Event(
            id=f"bench:{self.clock.id()}", address=address, sender=sender, at=datetime.now(UTC), body=Said(text="toki")
        )
        await self.receive(event)

    async def wait_for(self, key: str = SENT) -> None:
        assert await self.valkey.blpop([key], timeout=30) is not None, f"the worker reported nothing on {key}"


@asynccontextmanager
async def _turn_client(settings: Settings) -> AsyncGenerator[TurnClient]:
    database = Database(settings.database_url, pool=4)
    valkey = redis.Redis.from_url(settings.redis_url, socket_timeout=90)
    clock = SystemClock()

    async def never(_: Address) -> None: ...

    wake = CeleryWake(make_app(settings.redis_url), never)
    try:
        yield TurnClient(
            receive=ReceiveEvents(inbox=PostgresInbox(database, clock), wake=wake), valkey=valkey, clock=clock
        )
    finally:
        await asyncio.to_thread(wake.close)
        await valkey.aclose()
        await database.close()


def run() -> list[Entry]:
    return asyncio.run(_measure())


async def _measure() -> list[Entry]:
    async with embedded_servers() as settings:
        with on_load_core():
            async with _turn_client(settings) as client:
                rows = [await _one(settings, client), *await _crowd(settings, client)]
                return [*rows, await _first_token(settings, client)]


async def _one(settings: Settings, client: TurnClient) -> Row:
    """p50 of one conversation, alternating with the floor so that both see the same machine."""
    async with process(environment(settings), "bench.worker", "wait", "0"), _floor(settings, client) as floor_turn:

        async def ours() -> None:
            await client.send("one")
            await client.wait_for()

        for _ in range(20):
            await ours()
            await floor_turn()
        timed = [(await _seconds(ours), await _seconds(floor_turn)) for _ in range(TURNS)]
    value, floor = (statistics.median(column) * 1000 for column in zip(*timed, strict=True))
    return Row(
        key="turns.one.p50",
        name="event → reply delivered, p50, against a bare Celery echo with two commits",
        value=value,
        unit="ms",
        peer=floor,
        ratio=value / floor,
        better="less",
        target="≤ 2 × peer",
        ok=value <= 2 * floor,
    )


@asynccontextmanager
async def _floor(settings: Settings, client: TurnClient) -> AsyncGenerator[Callable[[], Awaitable[None]]]:
    app = Celery("echo", broker=broker_url(settings.redis_url), set_as_current=False)
    connection = await psycopg.AsyncConnection.connect(settings.database_url, autocommit=True)
    await connection.execute("CREATE TABLE floor_messages (id text PRIMARY KEY, body text)")
    await connection.execute("CREATE TABLE floor_replies (id text PRIMARY KEY, body text)")

    async def floor_turn() -> None:
        name = client.clock.id()
        await connection.execute("INSERT INTO floor_messages VALUES (%s, %s)", (name, "toki"))
        await asyncio.to_thread(app.send_task, echo.TASK, args=[name, "toki"], queue="echo")
        await client.wait_for(echo.SENT)

    async with process(environment(settings), "bench.echo"):
        yield floor_turn
    await connection.close()


async def _crowd(settings: Settings, client: TurnClient) -> list[Row]:
    async with process(environment(settings), "bench.worker", "wait", str(MODEL_SECONDS)) as worker:
        await client.send("warm")
        await client.wait_for()
        started = time.monotonic()
        await asyncio.gather(*(client.send(f"crowd-{number}") for number in range(CROWD)))
        peak = 0.0
        for _ in range(CROWD):
            await client.wait_for()
            peak = max(peak, memory(worker.pid))
        seconds = time.monotonic() - started
    key, name = "turns.crowd", f"{CROWD:,} conversations at once, the model takes {MODEL_SECONDS:g} s"
    return [
        at_most(f"{key}.seconds", f"{name}: all answered", seconds, 9.0, unit="s"),
        at_most(f"{key}.memory", f"{name}: worker's memory", peak, 300.0, unit="MB", timed=False),
    ]


async def _first_token(settings: Settings, client: TurnClient) -> Row:
    """p50 until the first draft of a whole turn, over the raw SDK's first token from the same server."""
    async with FakeAnthropic() as api:
        env = environment(settings, ANTHROPIC_API_KEY=KEY, ANTHROPIC_BASE_URL=api.url)
        async with process(env, "bench.worker", "agent"):
            timed = await _first_tokens(api, client)
    value, floor = (statistics.median(column) * 1000 for column in zip(*timed, strict=True))
    return Row(
        key="turns.first-token.p50",
        name="event → first token shown, p50, over the raw SDK stream",
        value=value,
        unit="ms",
        better="less",
        peer=floor,
        ratio=value / floor,
        target="≤ 30 ms added",
        ok=value - floor <= 30,
    )


async def _first_tokens(api: FakeAnthropic, client: TurnClient) -> list[tuple[float, float]]:
    """Seconds of turns and of raw streams, alternating."""
    from anthropic import AsyncAnthropic

    async def ours() -> None:
        await client.send("first")
        await client.wait_for(FIRST)

    async with AsyncAnthropic(api_key=KEY, base_url=api.url) as sdk:

        async def raw() -> None:
            async with sdk.messages.stream(
                model="claude-sonnet-5-5", max_tokens=100, messages=[{"role": "user", "content": "toki"}]
            ) as stream:
                async for _ in stream.text_stream:
                    return

        for _ in range(5):
            await _scripted(api, ours)
            await client.wait_for()
        timed: list[tuple[float, float]] = []
        for _ in range(40):
            turn = await _scripted(api, ours)
            await client.wait_for()
            timed.append((turn, await _scripted(api, raw)))
    return timed


async def _scripted(api: FakeAnthropic, call: Callable[[], Awaitable[None]]) -> float:
    api.add(Say("toki a! mi wile toki e ni tawa sina."))
    return await _seconds(call)


async def _seconds(call: Callable[[], Awaitable[None]]) -> float:
    started = time.perf_counter()
    await call()
    return time.perf_counter() - started
