"""The programs that make up Sona, and the supervisor that runs them."""

import os
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

from workers.compose.availability import gateways
from workers.settings import Settings
from workers.supervisor.child import PrintLine
from workers.supervisor.home_lock import RunningHome
from workers.supervisor.program import Program
from workers.supervisor.supervisor import Supervisor

SelectPrograms = Callable[[Settings, RunningHome], Sequence[Program]]

# A worker gives running turns 20 seconds, then releases their leases.
_GRACE, _WORKER_GRACE = 12.0, 32.0


def all_programs(settings: Settings, running: RunningHome) -> tuple[Program, ...]:
    """Return what `sona up` runs; the web server starts first because people wait for it."""
    env = environment(settings, running)
    listening = tuple(_program(env, name, "gateway", name) for name in gateways(settings))
    return (_program(env, "web", "web"), *worker_programs(settings, running), *listening)


def worker_programs(settings: Settings, running: RunningHome) -> tuple[Program, ...]:
    """Return the programs that answer and ingest, for a single command."""
    env = environment(settings, running)
    return (
        _program(env, "worker", "worker"),
        _program(env, "ingest", "worker", "--ingest"),
        _program(env, "beat", "beat"),
    )


def no_programs(_: Settings, __: RunningHome) -> tuple[Program, ...]:
    """Return nothing: only the servers run."""
    return ()


def environment(settings: Settings, running: RunningHome) -> Mapping[str, str]:
    """Return this process's environment with the addresses of the running servers."""
    return {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "SONA_HOME": str(settings.home),
        "SONA_PORT": str(running.port or settings.port),
        "SONA_DATABASE_URL": running.database_url,
        "SONA_REDIS_URL": running.redis_url,
    }


def migrate(url: str) -> None:
    """Upgrade the tables; `workers.admin.migrate` is imported late because it loads SQLAlchemy."""
    import_module("workers.admin.migrate").upgrade(url)


def make_supervisor(
    settings: Settings,
    *,
    select: SelectPrograms,
    print_line: PrintLine,
    migrate: Callable[[str], None] = migrate,
    port: int = 0,
) -> Supervisor:
    """Return the supervisor of this home; the selected programs start after the migrations."""
    return Supervisor(
        settings.home,
        application="sona",
        database_url=settings.database_url,
        redis_url=settings.redis_url,
        programs=lambda running: select(settings, running),
        prepare=migrate,
        print_line=print_line,
        rng=random.Random(),  # noqa: S311 - picks a port, not a secret
        port=port,
    )


def _program(env: Mapping[str, str], name: str, *arguments: str) -> Program:
    return Program(
        name=name,
        argv=(sys.executable, "-m", "workers", *arguments),
        env=env,
        grace=_WORKER_GRACE if "worker" in arguments else _GRACE,
    )
