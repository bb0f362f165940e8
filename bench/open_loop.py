"""Latency in an open loop: signed requests come at a fixed rate, whether or not earlier ones are answered."""

import asyncio
import statistics
import time
from dataclasses import dataclass, field

import aiohttp

from bench.environment import stored_events
from bench.report import Row, at_most
from bench.signed_requests import PLATFORMS, SignedRequest
from workers.settings import Settings

RATE = 500
SECONDS = 60
P99_MS = 25.0


@dataclass(slots=True, kw_only=True)
class _Tally:
    """Milliseconds from each request's due time to its answer; `refused` counts answers other than 200."""

    latencies: list[float] = field(default_factory=list[float])
    refused: int = 0


async def open_loop(settings: Settings, port: int) -> list[Row]:
    """The platforms' requests in turn, 500 per second for a minute."""
    before = await stored_events(settings)
    tally = await _send_all(port)
    lost = len(tally.latencies) - (await stored_events(settings) - before)
    latencies = sorted(tally.latencies)
    key, name = "signed.open-loop", f"signed webhooks at {RATE}/s for {SECONDS} s"
    median, p99 = statistics.median(latencies), latencies[int(len(latencies) * 0.99)]
    return [
        Row(key=f"{key}.p50", name=f"{name}, p50", value=median, unit="ms", better="less"),
        at_most(f"{key}.p99", f"{name}, p99", p99, P99_MS, unit="ms"),
        at_most(f"{key}.lost", f"{name}, acknowledged and not stored", lost, 0, timed=False),
        at_most(f"{key}.refused", f"{name}, refused", tally.refused, 0),
    ]


async def _send_all(port: int) -> _Tally:
    tally, makers = _Tally(), list(PLATFORMS.values())
    async with (
        aiohttp.ClientSession(f"http://127.0.0.1:{port}", connector=aiohttp.TCPConnector(limit=256)) as session,
        asyncio.TaskGroup() as group,
    ):
        begun = time.perf_counter()
        for number in range(RATE * SECONDS):
            due = begun + number / RATE
            request = makers[number % len(makers)]()
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            group.create_task(_send(session, request, due, tally))
    return tally


async def _send(session: aiohttp.ClientSession, request: SignedRequest, due: float, tally: _Tally) -> None:
    headers = {**request.headers, "Content-Type": request.mime}
    async with session.post(request.path, data=request.body, headers=headers) as answer:
        await answer.read()
        tally.latencies.append((time.perf_counter() - due) * 1000)
        tally.refused += answer.status != 200
