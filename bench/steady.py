"""Calls that come at their own pace, whether or not the ones before were answered: 500 a second for a minute."""

import asyncio
import statistics
import time
from dataclasses import dataclass, field

import aiohttp
from sqlalchemy import text

from bench.calls import CALLS, Call
from bench.report import Row, at_most
from storage.engine.database import Database
from workers.settings import Settings

RATE = 500
SECONDS = 60
P99_MS = 25.0


@dataclass(slots=True, kw_only=True)
class _Tally:
    """Milliseconds from when a call was due until its answer was there; `refused` were not answered 200."""

    took: list[float] = field(default_factory=list[float])
    refused: int = 0


async def steady(settings: Settings, port: int) -> list[Row]:
    """The platforms' calls in turn, in an open loop: a late answer makes no later call wait."""
    before = await _kept(settings)
    tally = await _minute(port)
    lost = len(tally.took) - (await _kept(settings) - before)
    took = sorted(tally.took)
    about = f"signed calls at {RATE}/s for {SECONDS} s"
    return [
        Row(name=f"{about}, p50", value=statistics.median(took), unit="ms"),
        at_most(f"{about}, p99", took[int(len(took) * 0.99)], P99_MS, unit="ms"),
        at_most(f"{about}, answered 200 and not kept", lost, 0),
        at_most(f"{about}, refused", tally.refused, 0),
    ]


async def _minute(port: int) -> _Tally:
    tally, makers = _Tally(), list(CALLS.values())
    async with (
        aiohttp.ClientSession(f"http://127.0.0.1:{port}", connector=aiohttp.TCPConnector(limit=256)) as session,
        asyncio.TaskGroup() as group,
    ):
        begun = time.perf_counter()
        for number in range(RATE * SECONDS):
            due = begun + number / RATE
            call = makers[number % len(makers)]()
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            group.create_task(_one(session, call, due, tally))
    return tally


async def _one(session: aiohttp.ClientSession, call: Call, due: float, tally: _Tally) -> None:
    headers = {**call.headers, "Content-Type": call.mime}
    async with session.post(call.path, data=call.body, headers=headers) as answer:
        await answer.read()
        tally.took.append((time.perf_counter() - due) * 1000)
        tally.refused += answer.status != 200


async def _kept(settings: Settings) -> int:
    database = Database(settings.database_url, pool=1)
    try:
        return int((await database.run(text("SELECT count(*) AS n FROM events"), {}))[0].n)
    finally:
        await database.close()
