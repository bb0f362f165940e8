"""After a change of the embedding model everything read is found again, though the model was away at first."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from core.ingest import Ingest
from tests.storage.library import Letters, document, put
from workers.ground import Ground
from workers.settings import Settings
from workers.shelf import ShelfRooms


@pytest.fixture
async def ground(database_url: str, redis_url: str) -> AsyncIterator[Ground]:
    found = Ground(Settings(database_url=database_url, redis_url=redis_url))
    yield found
    await found.close()


class Counting(Letters):
    """A new model that is away the first time, and says when it has seen so many texts."""

    def __init__(self, texts: int) -> None:
        super().__init__(name="new")
        self.away = True
        self.left = texts
        self.done = asyncio.Event()

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        try:
            rows = await super().embed(texts)
        finally:
            self.away = False
        self.left -= len(texts)
        if self.left <= 0:
            self.done.set()
        return rows


async def test_vectors_of_another_model_are_renewed_in_the_background(ground: Ground) -> None:
    old, new = Letters(name="old"), Counting(100 + 40)
    for number in range(100):
        await put(ground.library, old, document(f"course:{number}", f"green tea {number}"))
    await put(ground.library, old, document("course:long", *(f"passage {number}" for number in range(40))))
    rooms = ShelfRooms(ground=ground, ingest=cast(Ingest, None), embedder=new, renew_seconds=0)
    ground.go(rooms.renewing())
    async with asyncio.timeout(20):
        await new.done.wait()
        await rooms.renew()
    assert await ground.library.stale("new") == ()
    assert len(await ground.library.stale("old", limit=200)) == 101
