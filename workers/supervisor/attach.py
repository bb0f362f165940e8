"""The house for a single command: the one that runs, or one for the command's own time."""

import random
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from workers.settings import Settings
from workers.supervisor.home_lock import find_running
from workers.supervisor.processes import thinking_parts
from workers.supervisor.program import Program
from workers.supervisor.supervisor import MakePrograms, Supervisor
from workers.supervisor.up import migrate


def no_parts(_: Mapping[str, str]) -> Sequence[Program]:
    """Servers only."""
    return ()


@asynccontextmanager
async def visit(settings: Settings, *, programs: MakePrograms = thinking_parts) -> AsyncGenerator[Settings]:
    """The settings with the addresses of running servers.

    With both addresses set by the user, nothing is started. Otherwise a running house of this home is used, and
    where there is none, servers and `programs` run until the block ends; what they say goes to `log/visit.log`.
    """
    if settings.database_url and settings.redis_url:
        yield settings
    elif running := find_running(settings.home):
        yield _with(settings, running.database_url, running.redis_url)
    else:
        say = _Diary(settings.home / "log")
        house = Supervisor(settings, programs=programs, migrate=migrate, print_line=say, rng=random.Random())  # noqa: S311 - spreads ports
        async with house as running:
            yield _with(settings, running.database_url, running.redis_url)


def _with(settings: Settings, database_url: str, redis_url: str) -> Settings:
    return settings.model_copy(update={"database_url": database_url, "redis_url": redis_url})


class _Diary:
    """Writes down what is said, anew for each visit."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self._path = folder / "visit.log"
        self._path.write_text("")

    def __call__(self, name: str, line: str) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{name} | {line}\n")
