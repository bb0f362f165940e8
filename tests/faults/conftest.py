import itertools
from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
import pytest_asyncio

from tests.faults.web_server import Front, front

_people = itertools.count(7001)


@pytest.fixture(scope="package")
def front_database(postgres: str) -> Iterator[str]:
    """A database for all who stand at the same door."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE DATABASE front TEMPLATE template")
    yield postgres.replace("/postgres?", "/front?", 1)
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("DROP DATABASE front WITH (FORCE)")


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def opened(front_database: str, valkey: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Front]:
    async with front(front_database, valkey, tmp_path_factory.mktemp("front")) as opened:
        yield opened


@pytest.fixture
def house(opened: Front) -> Front:
    """The same house for all tests, with another person at its door each time."""
    opened.turn_to(next(_people))
    return opened
