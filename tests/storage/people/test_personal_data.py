"""All data of one person can be exported and deleted, and nobody else's is affected."""

import pytest

from core.errors import Refused
from storage.engine.database import Database
from storage.people.personal_data import PersonalData
from tests.storage.rows import NOW, count, put

MINE, BOTH = (f"blob:{letter * 64}" for letter in "ab")


async def _learner(database: Database, learner: str, name: str, blob: str) -> None:
    address = f"web:{learner}"
    await put(database, "learners", id=learner, name=name)
    await put(database, "identities", channel="telegram", sender=learner, learner_id=learner)
    await put(database, "conversations", address=address, learner_id=learner)
    await put(database, "events", id=f"{address}:1", address=address, payload={"body": {"audio": blob}})
    await put(database, "messages", address=address, text="jan li moku")
    await put(database, "feed", address=address, seq=1)
    await put(database, "cards", learner_id=learner, key="c")


@pytest.fixture
async def records(database: Database) -> PersonalData:
    for key in (MINE, BOTH):
        await put(database, "blobs", key=key, mime="audio/ogg", data=b"OggS")
    await _learner(database, "1a", "Ana", MINE)
    await _learner(database, "2b", "Bo", BOTH)
    await _learner(database, "3c", "Bo", BOTH)
    return PersonalData(database)


async def test_a_person_is_found_by_id_name_or_identity(records: PersonalData) -> None:
    assert [await records.find(name) for name in ("1a", "Ana", "telegram:1a")] == ["1a"] * 3


async def test_an_ambiguous_or_unknown_name_is_refused(records: PersonalData) -> None:
    with pytest.raises(Refused, match="2 learners are known as 'Bo'; say which: 2b, 3c"):
        await records.find("Bo")
    with pytest.raises(Refused, match="no learners are known as 'Cy'"):
        await records.find("Cy")


async def test_an_export_has_all_rows_and_blobs_of_a_person(records: PersonalData) -> None:
    found = await records.export("1a")
    assert set(found) == {"learners", "identities", "conversations", "events", "messages", "feed", "cards", "blobs"}
    assert found["messages"][0]["text"] == "jan li moku"
    assert found["blobs"] == [
        {"key": MINE, "mime": "audio/ogg", "data": "T2dnUw==", "created_at": "2026-01-02 03:04:00+00:00"}
    ]


async def test_forgetting_deletes_all_rows_of_one_person_and_none_of_others(
    records: PersonalData, database: Database
) -> None:
    assert await records.forget("1a", today=NOW.date()) == 8
    assert await records.export("1a") == {}
    assert [await count(database, table) for table in ("learners", "messages", "cards", "blobs")] == [2, 2, 2, 1]


async def test_a_blob_shared_with_another_person_stays(records: PersonalData, database: Database) -> None:
    await records.forget("2b", today=NOW.date())
    assert await count(database, "blobs") == 2
    await records.forget("3c", today=NOW.date())
    assert await count(database, "blobs") == 1
