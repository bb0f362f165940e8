"""Files made for people take up little room, however often and however many ask."""

import asyncio

import pytest

from storage.engine.database import Database
from storage.messaging.blobs import PostgresBlobs
from storage.people.privacy import PostgresPrivacy
from tests.fakes.messaging import Street
from tests.storage.rows import count, put


@pytest.fixture
def street(database: Database) -> Street:
    return Street(database)


async def test_of_all_the_files_that_somebody_asks_for_only_the_last_two_take_up_room(
    database: Database, street: Street
) -> None:
    await put(database, "learners", id="ana")
    blobs = PostgresBlobs(database=database, clock=street.clock)
    leaving = PostgresPrivacy(database=database, blobs=blobs, clock=street.clock, base="https://sona.example/")
    links: list[str] = []
    for _ in range(5):
        links.append((await leaving.link(await leaving.pack("ana"))).rpartition("/")[2])
        street.clock.pass_(601)
    assert (await count(database, "downloads"), await count(database, "blobs")) == (2, 2)
    assert [await leaving.waits(link) for link in links] == [False, False, False, True, True]


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


async def test_of_many_who_ask_for_their_file_at_once_one_is_in_memory(database: Database, street: Street) -> None:
    for number in range(6):
        await put(database, "learners", id=f"l{number}")
    blobs = Narrow(database=database, clock=street.clock)
    leaving = PostgresPrivacy(database=database, blobs=blobs, clock=street.clock, base="")
    files = await asyncio.gather(*(leaving.pack(f"l{number}") for number in range(6)))
    assert (len({file.ref for file in files}), blobs.most) == (6, 1)
