"""The real embedded servers for tests, as Sona itself starts them: as root or not, and beside any other user's."""

import asyncio
import random
import signal
import subprocess
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from workers.supervisor.embedded.postgres import EmbeddedPostgres
from workers.supervisor.embedded.valkey import EmbeddedValkey
from workers.supervisor.program import Program

_PATIENCE = 50.0


@contextmanager
def postgres_server(home: Path) -> Generator[str]:
    """The address of a server that forgets on a power cut, which tests can do without."""
    server = EmbeddedPostgres(home, application="sona")
    program = asyncio.run(server.prepare())
    with _running(program, ("-c", "fsync=off"), lambda pid: asyncio.run(server.ready(pid))):
        yield server.url
    server.remove_socket_folder()


@contextmanager
def valkey_server(home: Path) -> Generator[str]:
    """The address of a server."""
    server = EmbeddedValkey(home, rng=random.Random())
    program = asyncio.run(server.prepare())
    with _running(program, (), lambda _: asyncio.run(server.ready())):
        yield server.url


@contextmanager
def _running(program: Program, more: tuple[str, ...], ready: Callable[[int], bool]) -> Generator[None]:
    account = program.account
    assert program.log
    with program.log.open("ab") as log:
        process = subprocess.Popen(
            [*program.argv, *more],
            cwd=program.cwd,
            env=dict(program.env),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    try:
        _wait(lambda: ready(process.pid), process, program.log)
        yield
    finally:
        process.send_signal(signal.SIGQUIT if program.kill_signal is signal.SIGQUIT else program.stop_signal)
        process.wait(_PATIENCE)


def _wait(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not ready():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)
