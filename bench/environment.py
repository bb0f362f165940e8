"""Servers and processes for a measurement, in a home of their own that is thrown away."""

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

from workers.processes.attach import attached
from workers.processes.programs import no_programs
from workers.settings import Settings, load


@asynccontextmanager
async def stage(**chosen: object) -> AsyncGenerator[Settings]:
    """Settings with the addresses of fresh embedded servers, migrated, with the same durability as in production."""
    home = Path(tempfile.mkdtemp(prefix="sona-bench-"))
    try:
        async with attached(load(home=home, **chosen), select=no_programs) as settings:
            yield settings
    finally:
        shutil.rmtree(home, ignore_errors=True)


def environment(settings: Settings, **more: str) -> dict[str, str]:
    """What a process needs to stand on these servers, and nothing of ours besides."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {
        "SONA_HOME": str(settings.home),
        "SONA_DATABASE_URL": settings.database_url,
        "SONA_REDIS_URL": settings.redis_url,
        "SONA_SPEECH": "off",
        **more,
    }


@asynccontextmanager
async def process(env: Mapping[str, str], *arguments: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """A Python module running beside us; it is ended with the block."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *arguments, env=dict(env), stdout=asyncio.subprocess.DEVNULL
    )
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


async def answers(url: str, *, status: int = 0, seconds: float = 30.0) -> None:
    """Wait until a server answers, with this status if one is given."""
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


def memory(pid: int) -> float:
    """Resident memory of a process in MB."""
    with Path(f"/proc/{pid}/statm").open() as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
