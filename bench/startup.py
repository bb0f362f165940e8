"""How long `make run` takes until `/readyz` answers 200."""

import asyncio
import os
import shutil
import signal
import tempfile
import time
from pathlib import Path

from bench.environment import wait_until_ready
from bench.report import Entry, Row, at_most
from workers.processes.up import free_port

ROOT = Path(__file__).parents[1]
ROUNDS = 3


def run() -> list[Entry]:
    return asyncio.run(_measure())


async def _measure() -> list[Entry]:
    """A first start that creates the home, and the best of three later ones."""
    home = Path(tempfile.mkdtemp(prefix="sona-bench-"))
    try:
        first = await _start(home)
        again = min([await _start(home) for _ in range(ROUNDS)])
    finally:
        shutil.rmtree(home, ignore_errors=True)
    name = "first make run until /readyz, packages installed"
    return [
        Row(key="startup.first", name=name, value=first, unit="s", better="less"),
        at_most("startup.second", "second make run until /readyz", again, 6.0, unit="s"),
    ]


async def _start(home: Path) -> float:
    port = free_port("127.0.0.1", 0)
    started = time.monotonic()
    child = await asyncio.create_subprocess_exec(
        "make",
        "run",
        f"ARGS=--port {port} --home {home}",
        cwd=ROOT,
        stdout=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        await wait_until_ready(f"http://127.0.0.1:{port}/readyz", status=200, seconds=60)
        return time.monotonic() - started
    finally:
        # A terminal's Ctrl-C reaches make and everything that it runs.
        os.killpg(child.pid, signal.SIGINT)
        await asyncio.wait_for(child.wait(), 60)
