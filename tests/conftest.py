"""Real servers for every test: an embedded Postgres with a fresh database each, and an embedded Valkey."""

import gc
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from hypothesis import settings

from storage.engine.database import Database
from tests.servers import postgres_server, valkey_server
from workers.admin.migrate import upgrade

# How long one example takes says more of what else the machine does than of the code; each test has its own limit.
settings.register_profile("sona", deadline=None)
settings.load_profile("sona")

_numbers = itertools.count(1)
_MEMORY = Path("/dev/shm")
_ROOM = 4 * 1024**3


@pytest.fixture(scope="session", autouse=True)
def imports_stay() -> None:
    """What is there before the first test is looked at by no collection, which makes them quick."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def nothing_is_left_open(imports_stay: None) -> Iterator[None]:
    """A connection that nobody closed fails the tests of the file that opened it, not the run at its end."""
    yield
    gc.collect()


def _memory() -> Path | None:
    """Where files are kept in memory, if there is room: each test's database is hundreds of small files, made and thrown away."""
    there = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free >= _ROOM
    if there:
        _tidy(_MEMORY)
    return _MEMORY if there else None


def _tidy(place: Path) -> None:
    """Take away what a run that was killed has left."""
    for left in place.glob("sona-tests-*-*"):
        number = left.name.split("-")[2]
        if number.isdecimal() and not Path("/proc", number).exists():
            shutil.rmtree(left, ignore_errors=True)


@pytest.fixture(scope="session")
def servers_home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix=f"sona-tests-{os.getpid()}-", dir=_memory()))
    home.chmod(0o755)
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(servers_home: Path) -> Iterator[str]:
    """The address of a running server with a migrated database called `template`."""
    with postgres_server(servers_home) as url:
        uri = url.replace("/sona?", "/postgres?", 1)
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute("CREATE DATABASE template")
        template = url.replace("/sona?", "/template?", 1)
        upgrade(template)
        yield uri


@pytest.fixture
def database_url(postgres: str) -> Iterator[str]:
    """A fresh, migrated, empty database."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template STRATEGY FILE_COPY".encode())
    yield postgres.replace("/postgres?", f"/{name}?", 1)
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture(scope="session")
def valkey(servers_home: Path) -> Iterator[str]:
    with valkey_server(servers_home) as url:
        yield url


@pytest.fixture
def redis_url(valkey: str) -> str:
    """An empty Valkey."""
    with redis.Redis.from_url(valkey) as client:
        client.flushall()
    return valkey
