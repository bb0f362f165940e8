from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.faults.front import Front, front


@pytest.fixture
async def house(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Front]:
    async with front(database_url, redis_url, tmp_path) as opened:
        yield opened
