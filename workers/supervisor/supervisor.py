"""Start servers and programs for a home folder in order, keep them running, and stop them in reverse order."""

import asyncio
import os
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from workers.supervisor.child import Child, PrintLine
from workers.supervisor.embedded.postgres import EmbeddedPostgres
from workers.supervisor.embedded.valkey import EmbeddedValkey
from workers.supervisor.errors import CannotStart
from workers.supervisor.home_lock import RunningHome, lock_home, write_running
from workers.supervisor.process_record import MARK, ProcessRecord
from workers.supervisor.program import Program

MakePrograms = Callable[[RunningHome], Sequence[Program]]
"""Return the programs to run once the servers are up, in the order in which they start."""

_SERVER_SECONDS = 60.0
"""Postgres may have to recover after a crash before it accepts connections."""
_MAX_LOG_BYTES = 4 << 20


class Supervisor:
    """Async context manager that runs a home's servers and programs and stops all of them on exit.

    `application` names the database and folders outside the home. An empty `database_url` or `redis_url` starts the
    embedded server. `prepare(database_url)` runs in a thread before the programs start. `port` is recorded for
    other commands. Entering raises `CannotStart`.
    """

    def __init__(
        self,
        home: Path,
        *,
        application: str,
        database_url: str,
        redis_url: str,
        programs: MakePrograms,
        prepare: Callable[[str], None],
        print_line: PrintLine,
        rng: random.Random,
        port: int = 0,
    ) -> None:
        self._home = home
        self._application = application
        self._database_url = database_url
        self._redis_url = redis_url
        self._programs = programs
        self._prepare = prepare
        self._print_line = print_line
        self._rng = rng
        self._port = port
        self._stack = ExitStack()
        self._servers: list[Child] = []
        self._children: list[Child] = []
        self._record = ProcessRecord(home / "run" / "processes.json", home=home)

    async def __aenter__(self) -> RunningHome:
        self._stack.enter_context(lock_home(self._home, port=self._port))
        try:
            return await self._start()
        except BaseException:
            await self._stop()
            raise

    async def __aexit__(self, *_: object) -> None:
        await self._stop()

    def kill(self) -> None:
        """Kill every process without waiting for it to finish its work."""
        for child in (*self._children, *self._servers):
            child.kill()

    async def _start(self) -> RunningHome:
        (self._home / "run").mkdir(mode=0o700, exist_ok=True)
        for name in await asyncio.to_thread(self._record.stop_leftovers):
            self._print_line(name, "was still running from an earlier start; stopped")
        database_url, redis_url = await self._start_servers()
        await asyncio.to_thread(self._prepare, database_url)
        running = RunningHome(pid=os.getpid(), database_url=database_url, redis_url=redis_url, port=self._port)
        write_running(self._home, running)
        for program in self._programs(running):
            marked = replace(program, env={**program.env, MARK: str(self._home)})
            await self._child(marked, self._children).start()
        return running

    async def _start_servers(self) -> tuple[str, str]:
        """Start both servers before waiting for either."""
        database_url, redis_url = self._database_url, self._redis_url
        waits: list[tuple[Child, Callable[[int], Awaitable[bool]], Path]] = []
        if not database_url:
            postgres = EmbeddedPostgres(self._home, application=self._application)
            self._stack.callback(postgres.remove_socket_folder)
            _rotate(postgres.log)
            server = await self._start_server(await postgres.prepare())
            waits.append((server, postgres.ready, postgres.log))
            database_url = postgres.url
        if not redis_url:
            valkey = EmbeddedValkey(self._home, rng=self._rng)
            _rotate(valkey.log)
            server = await self._start_server(await valkey.prepare())
            waits.append((server, lambda _: valkey.ready(), valkey.log))
            redis_url = valkey.url
        for wait in waits:
            await _wait_until_ready(*wait)
        return database_url, redis_url

    async def _start_server(self, program: Program) -> Child:
        child = self._child(program, self._servers)
        await child.start()
        return child

    def _child(self, program: Program, siblings: list[Child]) -> Child:
        child = Child(program, record=self._record, print_line=self._print_line)
        siblings.append(child)
        return child

    async def _stop(self) -> None:
        """Stop the programs, then Valkey, then Postgres; release the home's lock last."""
        try:
            await asyncio.gather(*(child.stop() for child in self._children))
            for server in reversed(self._servers):
                await server.stop()
        finally:
            self._stack.close()


async def _wait_until_ready(server: Child, ready: Callable[[int], Awaitable[bool]], log: Path) -> None:
    """Raise `CannotStart` with the end of the server's log when it exits or is not ready in time."""
    deadline = asyncio.get_running_loop().time() + _SERVER_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        pid = server.pid
        if pid is None:
            break
        if await ready(pid):
            return
        await asyncio.sleep(0.02)
    name = server.program.name
    raise CannotStart(f"the embedded {name} does not start; the end of {str(log)!r}:\n{_tail(log)}", server=name)


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-8:])


def _rotate(log: Path) -> None:
    """Keep one previous log file."""
    if log.exists() and log.stat().st_size > _MAX_LOG_BYTES:
        log.replace(log.with_name(log.name + ".1"))
