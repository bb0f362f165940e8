"""Servers and processes for a benchmark, in a temporary home."""

import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
from sqlalchemy import text

from bench.placement import pin_server
from storage.engine.database import Database
from workers.processes.attach import attached
from workers.processes.programs import no_programs
from workers.settings import Settings, load


@asynccontextmanager
async def embedded_servers(**chosen: object) -> AsyncGenerator[Settings]:
    """Settings with the addresses of fresh embedded servers, migrated and with the product's durability."""
    home = Path(tempfile.mkdtemp(prefix="sona-bench-"))
    try:
        async with attached(load(home=home, **chosen), select=no_programs) as settings:
            yield settings
    finally:
        shutil.rmtree(home, ignore_errors=True)


def environment(settings: Settings, **more: str) -> dict[str, str]:
    """Variables for a process on these servers, without any settings of the user."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return inherited | {
        "SONA_HOME": str(settings.home),
        "SONA_DATABASE_URL": settings.database_url,
        "SONA_REDIS_URL": settings.redis_url,
        "SONA_SPEECH": "off",
        **more,
    }


@asynccontextmanager
async def process(env: Mapping[str, str], *arguments: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """Run a Python module on the server's core until the block ends."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *arguments, env=dict(env), stdout=asyncio.subprocess.DEVNULL
    )
    pin_server(child.pid)
    try:
        yield child
    finally:
        with suppress(ProcessLookupError):
            child.terminate()
        try:
            await asyncio.wait_for(child.wait(), 40)
        except TimeoutError:
            child.kill()
            await child.wait()


async def wait_until_ready(url: str, *, status: int = 0, seconds: float = 30.0) -> None:
    """Poll until a server answers, with this status if one is given. Raises `TimeoutError`."""
    deadline = time.monotonic() + seconds
    async with aiohttp.ClientSession() as client:
        while True:
            with suppress(aiohttp.ClientError, TimeoutError):
                async with client.get(url, timeout=aiohttp.ClientTimeout(total=2)) as answer:
                    if status in (0, answer.status):
                        return
            if time.monotonic() > deadline:
                raise TimeoutError(f"nothing answers at {url}")
            await asyncio.sleep(0.05)


async def stored_events(settings: Settings) -> int:
    """How many events the inbox holds."""
    database = Database(settings.database_url, pool=1)
    try:
        return int((await database.run(text("SELECT count(*) AS n FROM events"), {}))[0].n)
    finally:
        await database.close()


def memory(pid: int) -> float:
    """Resident memory of a process in MB."""
    with Path(f"/proc/{pid}/statm").open() as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
