"""Servers for a single command: the running ones, or new ones that stop with the command."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from workers.processes.programs import SelectPrograms, make_supervisor, worker_programs
from workers.settings import Settings
from workers.supervisor.home_lock import find_running


@asynccontextmanager
async def attached(settings: Settings, *, select: SelectPrograms = worker_programs) -> AsyncGenerator[Settings]:
    """Yield the settings with the addresses of running servers.

    Nothing is started when both addresses are set. Otherwise the command uses the Sona that runs in this home. When
    none runs, servers and the selected programs run until the block ends; their output goes to `log/command.log`.
    Raises `CannotStart`.
    """
    if settings.database_url and settings.redis_url:
        yield settings
    elif running := find_running(settings.home):
        yield _with_servers(settings, running.database_url, running.redis_url)
    else:
        log = _CommandLog(settings.home / "log")
        async with make_supervisor(settings, select=select, print_line=log) as running:
            yield _with_servers(settings, running.database_url, running.redis_url)


def _with_servers(settings: Settings, database_url: str, redis_url: str) -> Settings:
    return settings.model_copy(update={"database_url": database_url, "redis_url": redis_url})


class _CommandLog:
    """Output of one command's programs; each command overwrites the previous log."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self._path = folder / "command.log"
        self._path.write_text("")

    def __call__(self, name: str, line: str) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{name} | {line}\n")
