"""Exports are limited in number and built one at a time."""

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


async def test_only_the_last_two_files_of_a_person_are_stored(database: Database, street: Street) -> None:
    await put(database, "learners", id="ana")
    blobs = PostgresBlobs(database=database, clock=street.clock)
    privacy = PostgresPrivacy(database=database, blobs=blobs, clock=street.clock, base="https://sona.example/")
    links: list[str] = []
    for _ in range(5):
        links.append((await privacy.link(await privacy.pack("ana"))).rpartition("/")[2])
        street.clock.pass_(601)
    assert (await count(database, "downloads"), await count(database, "blobs")) == (2, 2)
    assert [await privacy.waits(link) for link in links] == [False, False, False, True, True]


class CountingBlobs(PostgresBlobs):
    """Counts concurrent calls of `put`."""

    inside = most = 0

    async def put(self, data: bytes, *, mime: str) -> str:
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            return await super().put(data, mime=mime)
        finally:
            self.inside -= 1


async def test_concurrent_exports_are_built_one_at_a_time(database: Database, street: Street) -> None:
    for number in range(6):
        await put(database, "learners", id=f"l{number}")
    blobs = CountingBlobs(database=database, clock=street.clock)
    privacy = PostgresPrivacy(database=database, blobs=blobs, clock=street.clock, base="")
    files = await asyncio.gather(*(privacy.pack(f"l{number}") for number in range(6)))
    assert (len({file.ref for file in files}), blobs.most) == (6, 1)
