"""Putting files together costs the memory of one at a time."""

import asyncio

from storage.blobs import PostgresBlobs
from storage.database import Database
from storage.leaving import PostgresLeaving
from tests.fakes.clock import ManualClock
from tests.storage.rows import put


class Narrow(PostgresBlobs):
    """Counts who puts something down at the same time."""

    inside = most = 0

    async def put(self, data: bytes, *, mime: str) -> str:
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            return await super().put(data, mime=mime)
        finally:
            self.inside -= 1


async def test_of_many_who_ask_for_their_file_at_once_one_is_in_memory(database: Database) -> None:
    clock = ManualClock()
    for number in range(6):
        await put(database, "learners", id=f"l{number}")
    blobs = Narrow(database=database, clock=clock)
    leaving = PostgresLeaving(database=database, blobs=blobs, clock=clock, base="")
    files = await asyncio.gather(*(leaving.pack(f"l{number}") for number in range(6)))
    assert (len({file.ref for file in files}), blobs.most) == (6, 1)
