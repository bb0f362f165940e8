"""Sources are read by one reader at a time, and their documents are replaced atomically."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import text

from core.errors import Refused
from core.ports.knowledge import KnowledgeSource, Passage, SourceState, SourceStatus
from storage.engine.database import Database
from storage.knowledge.search import PostgresRetriever
from storage.knowledge.sources import PostgresSources
from tests.fakes.clock import ManualClock
from tests.storage.knowledge.library import Letters, document, put

LEASE = timedelta(minutes=5)
PAGE = KnowledgeSource(
    id="one", uri="https://example.org/tea", title="Tea", mime="text/html", owner="anna", notify="web:1"
)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def library(database: Database, clock: ManualClock) -> PostgresSources:
    return PostgresSources(database=database, clock=clock)


def status(state: SourceState, *, title: str = "Tea", done: int = 0, total: int = 0, error: str = "") -> SourceStatus:
    return SourceStatus(id="one", uri=PAGE.uri, title=title, state=state, done=done, total=total, error=error)


async def test_a_source_is_claimed_once(library: PostgresSources) -> None:
    assert await library.add(PAGE) == "one"
    assert await library.take("one", LEASE) == PAGE
    assert await library.take("one", LEASE) is None
    assert await library.take("nobody's", LEASE) is None


async def test_only_one_of_many_concurrent_readers_claims_a_source(library: PostgresSources) -> None:
    await library.add(PAGE)
    taken = await asyncio.gather(*(library.take("one", LEASE) for _ in range(6)))
    assert [each for each in taken if each] == [PAGE]


async def test_a_source_is_claimed_again_after_its_lease_expired(library: PostgresSources, clock: ManualClock) -> None:
    await library.add(PAGE)
    await library.take("one", LEASE)
    assert await library.unclaimed(clock.now()) == ()
    clock.pass_(301)
    assert await library.unclaimed(clock.now()) == ("one",)
    assert await library.take("one", LEASE) == replace(PAGE, attempt=2)


async def test_progress_reports_renew_the_lease(library: PostgresSources, clock: ManualClock) -> None:
    await library.add(PAGE)
    await library.take("one", LEASE)
    for done in range(5):
        clock.pass_(200)
        await library.note(status("embedding", done=done, total=5))
        assert await library.take("one", LEASE) is None


async def test_a_paused_reading_waits_for_its_lease_to_expire(library: PostgresSources, clock: ManualClock) -> None:
    await library.add(PAGE)
    await library.take("one", LEASE)
    await library.note(status("waiting", error="later"))
    assert await library.take("one", LEASE) is None
    clock.pass_(301)
    assert await library.take("one", LEASE) == replace(PAGE, attempt=2)


async def test_a_paused_reading_is_claimed_again_after_its_pause(library: PostgresSources, clock: ManualClock) -> None:
    await library.add(PAGE)
    await library.take("one", LEASE)
    await library.note(status("waiting", error="later"), pause=timedelta(seconds=15))
    assert [each.error for each in await library.statuses("anna")] == ["later"]
    clock.pass_(14)
    assert await library.take("one", LEASE) is None
    clock.pass_(2)
    assert await library.unclaimed(clock.now()) == ("one",)
    assert await library.take("one", LEASE) == replace(PAGE, attempt=2)


async def test_adding_a_paused_source_again_ends_the_pause(library: PostgresSources) -> None:
    await library.add(PAGE)
    await library.take("one", LEASE)
    await library.note(status("waiting", error="later"), pause=timedelta(seconds=60))
    await library.add(PAGE)
    assert await library.take("one", LEASE) == replace(PAGE, edition=2)


@pytest.mark.parametrize("state", ["ready", "failed"])
async def test_a_finished_source_is_not_read_again(
    library: PostgresSources, clock: ManualClock, state: SourceState
) -> None:
    await library.add(PAGE)
    await library.take("one", LEASE)
    await library.note(status(state))
    clock.pass_(10_000)
    assert await library.take("one", LEASE) is None
    assert await library.unclaimed(clock.now()) == ()


async def test_adding_a_finished_source_again_starts_a_new_reading(library: PostgresSources) -> None:
    await library.add(PAGE)
    await library.take("one", LEASE)
    await library.note(status("ready"))
    assert await library.add(replace(PAGE, id="two", title="", mime="")) == "one"
    assert await library.take("one", LEASE) == replace(PAGE, edition=2)


async def test_adding_a_source_during_its_reading_starts_another_reading_afterwards(library: PostgresSources) -> None:
    await library.add(PAGE)
    await library.take("one", LEASE)
    await library.add(PAGE)
    assert await library.take("one", LEASE) is None
    await library.note(status("ready"))
    assert await library.take("one", LEASE) == replace(PAGE, edition=2)


async def test_the_same_uri_of_two_owners_is_two_sources(library: PostgresSources) -> None:
    assert await library.add(PAGE) == "one"
    assert await library.add(replace(PAGE, id="two", owner="ben")) == "two"


async def test_statuses_list_shared_and_own_sources_newest_first(library: PostgresSources, clock: ManualClock) -> None:
    for number, owner in enumerate(["anna", "", "ben", "anna"]):
        await library.add(KnowledgeSource(id=str(number), uri=f"x:{number}", title="T", owner=owner))
        clock.pass_(1)
    assert [each.id for each in await library.statuses("anna")] == ["3", "1", "0"]
    assert [each.id for each in await library.statuses("anna", limit=1)] == ["3"]


async def test_statuses_contain_progress_and_errors(library: PostgresSources) -> None:
    await library.add(PAGE)
    await library.take("one", LEASE)
    await library.note(status("embedding", title="All about tea", done=3, total=9))
    assert await library.statuses("anna") == (status("embedding", title="All about tea", done=3, total=9),)
    await library.note(status("failed", title="", error="the page\0 is empty"))
    assert await library.statuses("anna") == (status("failed", title="All about tea", error="the page  is empty"),)


async def test_storing_a_document_again_replaces_the_first(database: Database, library: PostgresSources) -> None:
    letters = Letters()
    await put(library, letters, document("x:1", "green tea", "black tea", "white tea"))
    await put(library, letters, document("x:1", "coffee"))
    async with database.begin() as connection:
        for table in ("passages", "vectors", "postings"):
            assert await connection.scalar(text(f"SELECT count(*) FROM {table}")) == 1
        assert (await connection.execute(text("SELECT passages, words FROM sources"))).one() == (1, 1)


async def test_a_document_that_fails_half_way_leaves_the_previous_one(
    library: PostgresSources, database: Database
) -> None:
    letters = Letters()
    await put(library, letters, document("x:1", "green tea"))
    with pytest.raises(ValueError, match="zip"):
        await library.store("/x:1", document("x:1", "coffee", "milk"), np.zeros((1, 384), np.float32), "letters")
    retriever = PostgresRetriever(database=database, embedder=letters)
    assert [hit.text for hit in await retriever.search("tea", owner="")] == ["green tea"]


async def test_documents_can_be_stored_concurrently(library: PostgresSources, database: Database) -> None:
    letters = Letters()
    listed = [document(f"x:{n}", *(f"tea number {n} {place}" for place in range(5))) for n in range(8)]
    await asyncio.gather(*(put(library, letters, each) for each in listed), put(library, letters, listed[0]))
    async with database.begin() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM passages")) == 40
        assert await connection.scalar(text("SELECT sum(count) FROM postings WHERE term = 'en:tea'")) == 40
        assert await connection.scalar(text("SELECT sum(words) FROM sources")) == 160


async def test_storing_a_document_of_a_removed_source_raises_refused(library: PostgresSources) -> None:
    with pytest.raises(Refused):
        await library.store("gone", document("x:1", "tea"), np.zeros((1, 384), np.float32), "letters")


async def test_a_document_without_passages_can_be_stored(library: PostgresSources) -> None:
    number = await put(library, Letters(), document("x:1"))
    kept = await library.stored(number)
    assert kept is not None
    assert kept.passages == ()


async def test_only_the_owner_can_remove_a_source_and_all_its_rows(
    library: PostgresSources, database: Database
) -> None:
    number = await put(library, Letters(), document("x:1", "tea", owner="anna"))
    assert not await library.remove(number, owner="ben")
    assert await library.remove(number, owner="anna")
    async with database.begin() as connection:
        for table in ("sources", "passages", "vectors", "postings"):
            assert await connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0


async def test_all_fields_of_a_passage_are_stored(library: PostgresSources) -> None:
    passage = Passage(text="Boil\0 water.\ud83d", section="Tea › Green", position=4, page=7, link="https://x/#green")
    source = await library.add(PAGE)
    made = replace(document("x:1"), passages=(passage,))
    await library.store(source, made, await Letters().embed([passage.text]), "letters")
    kept = await library.stored(source)
    assert kept is not None
    assert kept.passages == (replace(passage, text="Boil  water."),)
    assert await library.stored("nothing") is None


async def test_another_embedder_makes_vectors_outdated_until_they_are_replaced(library: PostgresSources) -> None:
    old, new = Letters(), Letters(name="other", dimensions=96)
    number = await put(library, old, document("x:1", "green tea", "coffee"))
    assert await library.outdated(old.name) == ()
    assert await library.outdated(new.name) == (number,)
    kept = await library.stored(number)
    assert kept is not None
    assert await library.replace_vectors(kept, await new.embed([passage.text for passage in kept.passages]), new.name)
    assert await library.outdated(new.name) == ()


async def test_vectors_of_an_older_version_are_rejected(library: PostgresSources) -> None:
    number = await put(library, Letters(), document("x:1", "green tea"))
    kept = await library.stored(number)
    assert kept is not None
    await put(library, Letters(), document("x:1", "coffee"))
    assert not await library.replace_vectors(kept, await Letters(name="other").embed(["green tea"]), "other")
    assert await library.outdated("letters") == ()


async def test_the_vector_index_of_another_size_is_created_once(library: PostgresSources, database: Database) -> None:
    await library.create_vector_index(96)
    await library.create_vector_index(96)
    await library.create_vector_index(5000)
    async with database.begin() as connection:
        names = (await connection.scalars(text("SELECT indexname FROM pg_indexes WHERE tablename = 'vectors'"))).all()
    assert {name for name in names if name.startswith("ix_vectors_hnsw")} == {
        "ix_vectors_hnsw_96",
        "ix_vectors_hnsw_384",
    }


async def test_statuses_can_be_queried_by_id(library: PostgresSources) -> None:
    for number in range(3):
        await library.add(KnowledgeSource(id=str(number), uri=f"x:{number}", title="T"))
    assert {each.id for each in await library.standing(["0", "2", "gone"])} == {"0", "2"}
    assert await library.standing([]) == ()


async def test_a_moved_source_keeps_its_passages(database: Database, library: PostgresSources) -> None:
    letters = Letters()
    await put(library, letters, document("x:1", "green tea"))
    assert await library.move("/x:1", "x:2", owner="")
    retriever = PostgresRetriever(database=database, embedder=letters)
    assert [(hit.uri, hit.text) for hit in await retriever.search("tea", owner="")] == [("x:2", "green tea")]
    assert await library.add(KnowledgeSource(id="new", uri="x:2", title="T")) == "/x:1"


async def test_a_source_cannot_be_moved_to_a_taken_uri_or_by_another_owner(library: PostgresSources) -> None:
    await library.add(KnowledgeSource(id="one", uri="x:1", title="T"))
    await library.add(KnowledgeSource(id="two", uri="x:2", title="T"))
    assert not await library.move("one", "x:2", owner="")
    assert not await library.move("one", "x:3", owner="anna")
    assert not await library.move("gone", "x:3", owner="")
    assert {each.uri for each in await library.statuses("")} == {"x:1", "x:2"}
