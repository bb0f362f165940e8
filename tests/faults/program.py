"""A real `sona up` as a process of its own, whose parts can be killed by their names."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg

from workers.settings import variables
from workers.supervisor.home_lock import RunningHome, find_running

_ROOT = Path(__file__).parents[2]
_PATIENCE = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """What was ended with SIGKILL and when, on the monotonic clock."""

    name: str
    at: float


@dataclass(slots=True, kw_only=True)
class House:
    """`home` keeps everything; `settings` are Sona's variables, all others of hers are left out."""

    home: Path
    settings: Mapping[str, str]
    port: int
    kills: list[Kill] = field(default_factory=list[Kill])
    _starts: int = 0
    _process: subprocess.Popen[bytes] | None = None

    @property
    def said(self) -> str:
        """All that the present process has said."""
        return self._log.read_text(errors="replace")

    @property
    def _log(self) -> Path:
        return self.home.with_name(f"{self.home.name}-{self._starts}.txt")

    def open(self) -> None:
        self._starts += 1
        others = {name: value for name, value in os.environ.items() if name not in variables()}
        with self._log.open("wb") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "workers", "up", "--home", str(self.home), "--port", str(self.port)],
                cwd=_ROOT,
                env=others | dict(self.settings),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
            )

    async def ready(self) -> None:
        async with asyncio.timeout(_PATIENCE):
            while not re.search(r"ready: http", self.said):
                assert self._process is not None
                assert self._process.poll() is None, self.said
                await asyncio.sleep(0.05)

    async def read(self) -> None:
        """Wait until no source waits to be read."""
        async with asyncio.timeout(_PATIENCE):
            while await asyncio.to_thread(self._unread):  # noqa: ASYNC110 - other processes are watched
                await asyncio.sleep(0.1)

    def _unread(self) -> bool:
        with psycopg.connect(self.running().database_url) as connection:
            row = connection.execute("SELECT count(*) > 0 AND bool_and(state = 'ready') FROM sources").fetchone()
        return not (row and row[0])

    def running(self) -> RunningHome:
        found = find_running(self.home)
        assert found, self.said
        return found

    def part(self, name: str) -> int:
        """The process id of a part, from the supervisor's own record; 0 while it is down."""
        try:
            entries = json.loads((self.home / "run" / "processes.json").read_text())
        except (FileNotFoundError, ValueError):
            return 0
        if name not in entries:
            return 0
        pid = int(entries[name]["pid"])
        try:
            ours = psutil.Process(pid).ppid() == self.pid
        except psutil.NoSuchProcess:
            return 0
        return pid if ours else 0

    @property
    def pid(self) -> int:
        """The supervisor's own process id."""
        assert self._process is not None
        return self._process.pid

    def processes(self) -> list[psutil.Process]:
        """Everything that runs for this house besides the supervisor."""
        return psutil.Process(self.pid).children(recursive=True)

    async def kill(self, name: str) -> float:
        """Kill a part as soon as it runs, and return when."""
        async with asyncio.timeout(_PATIENCE):
            while not (pid := self.part(name)):  # noqa: ASYNC110 - another process is watched
                await asyncio.sleep(0.02)
        kill = Kill(name=name, at=time.monotonic())
        os.kill(pid, signal.SIGKILL)
        self.kills.append(kill)
        return kill.at

    def behead(self) -> None:
        """Kill the supervisor itself, on whose life all others depend."""
        assert self._process is not None
        self.kills.append(Kill(name="supervisor", at=time.monotonic()))
        self._process.kill()
        self._process.wait(_PATIENCE)

    def close(self) -> None:
        """Stop it in order, as Ctrl-C does."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(_PATIENCE)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
