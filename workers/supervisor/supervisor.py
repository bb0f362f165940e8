"""The whole of Sona on one machine: servers, migrations, processes; up in order and down in order."""

import asyncio
import os
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from core.errors import Malformed
from workers.settings import Settings
from workers.supervisor.child import Child, PrintLine
from workers.supervisor.embedded.postgres import EmbeddedPostgres
from workers.supervisor.embedded.valkey import EmbeddedValkey
from workers.supervisor.home_lock import RunningHome, lock_home, write_running
from workers.supervisor.process_record import MARK, ProcessRecord
from workers.supervisor.program import Program

# Makes the programs of a house from the environment they get, in the order they are started.
MakePrograms = Callable[[Mapping[str, str]], Sequence[Program]]

_SERVER_SECONDS = 60.0
_LOG_BYTES = 4 << 20


class Supervisor:
    """Keeps one home's servers and programs; a context, so that whatever was started is stopped however it ends."""

    def __init__(
        self,
        settings: Settings,
        *,
        programs: MakePrograms,
        migrate: Callable[[str], None],
        print_line: PrintLine,
        rng: random.Random,
        port: int = 0,
    ) -> None:
        self._settings = settings
        self._programs = programs
        self._migrate = migrate
        self._print_line = print_line
        self._rng = rng
        self._port = port
        self._home = settings.home
        self._stack = ExitStack()
        self._servers: list[Child] = []
        self._children: list[Child] = []
        self._record = ProcessRecord(settings.home / "run" / "processes.json", home=settings.home)

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
        """Stop waiting for anything to finish its work: everything ends at once."""
        for child in (*self._children, *self._servers):
            child.kill()

    async def _start(self) -> RunningHome:
        (self._home / "run").mkdir(mode=0o700, exist_ok=True)
        for name in await asyncio.to_thread(self._record.stop_leftovers):
            self._print_line(name, "was left running by an earlier start and was ended")
        database_url, redis_url = await self._start_servers()
        await asyncio.to_thread(self._migrate, database_url)
        running = RunningHome(pid=os.getpid(), database_url=database_url, redis_url=redis_url, port=self._port)
        write_running(self._home, running)
        for program in self._programs(self._environment(running)):
            await self._child(program, self._children).start()
        return running

    async def _start_servers(self) -> tuple[str, str]:
        """Both are started before either is waited for."""
        database_url, redis_url = self._settings.database_url, self._settings.redis_url
        waits: list[tuple[Child, Callable[[int], Awaitable[bool]], Path]] = []
        if not database_url:
            postgres = EmbeddedPostgres(self._home)
            self._stack.callback(postgres.remove_socket_folder)
            _rotate(postgres.log)
            server = await self._serve(await postgres.prepare())
            waits.append((server, postgres.ready, postgres.log))
            database_url = postgres.url
        if not redis_url:
            valkey = EmbeddedValkey(self._home, rng=self._rng)
            _rotate(valkey.log)
            server = await self._serve(await valkey.prepare())
            waits.append((server, lambda _: valkey.ready(), valkey.log))
            redis_url = valkey.url
        for wait in waits:
            await _wait_until_ready(*wait)
        return database_url, redis_url

    async def _serve(self, program: Program) -> Child:
        child = self._child(program, self._servers)
        await child.start()
        return child

    def _child(self, program: Program, among: list[Child]) -> Child:
        child = Child(program, record=self._record, print_line=self._print_line)
        among.append(child)
        return child

    def _environment(self, running: RunningHome) -> Mapping[str, str]:
        return {
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            "SONA_HOME": str(self._home),
            "SONA_PORT": str(self._port or self._settings.port),
            "SONA_DATABASE_URL": running.database_url,
            "SONA_REDIS_URL": running.redis_url,
            MARK: str(self._home),
        }

    async def _stop(self) -> None:
        """First what uses the servers, then Valkey, then Postgres; the home is free only after all of them."""
        try:
            await asyncio.gather(*(child.stop() for child in self._children))
            for server in reversed(self._servers):
                await server.stop()
        finally:
            self._stack.close()


async def _wait_until_ready(server: Child, ready: Callable[[int], Awaitable[bool]], log: Path) -> None:
    """Wait for a server just started. Raises `Malformed` with the end of its log when it ends or is too slow."""
    deadline = asyncio.get_running_loop().time() + _SERVER_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        pid = server.pid
        if pid is None:
            break
        if await ready(pid):
            return
        await asyncio.sleep(0.02)
    raise Malformed(f"the embedded {server.program.name} does not start; the end of {str(log)!r}:\n{_tail(log)}")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-8:])


def _rotate(log: Path) -> None:
    """Keep one older log beside the present one."""
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        log.replace(log.with_name(log.name + ".1"))
