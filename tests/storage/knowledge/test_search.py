"""Hybrid search finds visible passages by words and by meaning."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from core.ports.knowledge import Passage
from storage.engine.database import Database
from storage.knowledge.search import PostgresRetriever
from storage.knowledge.sources import PostgresSources
from tests.fakes.clock import ManualClock
from tests.storage.knowledge.library import Letters, document, put

Add = Callable[..., Awaitable[str]]


@pytest.fixture
def letters() -> Letters:
    return Letters()


@pytest.fixture
def library(database: Database) -> PostgresSources:
    return PostgresSources(database=database, clock=ManualClock())


@pytest.fixture
def retriever(database: Database, letters: Letters) -> PostgresRetriever:
    return PostgresRetriever(database=database, embedder=letters)


@pytest.fixture
def add(library: PostgresSources, letters: Letters) -> Add:
    async def add(uri: str, *texts: str, owner: str = "", language: str = "en") -> str:
        return await put(library, letters, document(uri, *texts, owner=owner, language=language))

    return add


async def found(retriever: PostgresRetriever, query: str, *, owner: str = "", limit: int = 5) -> list[str]:
    return [hit.text for hit in await retriever.search(query, owner=owner, limit=limit)]


async def test_an_empty_library_returns_no_hits(retriever: PostgresRetriever) -> None:
    assert await retriever.search("tea", owner="anna") == ()


async def test_the_passage_with_the_words_ranks_first(retriever: PostgresRetriever, add: Add) -> None:
    await add("x:1", "How to brew green tea", "Roasting coffee beans", "The train leaves at nine")
    assert (await found(retriever, "how do I brew green teas"))[0] == "How to brew green tea"


async def test_a_hit_has_title_section_link_and_score(
    retriever: PostgresRetriever, library: PostgresSources, letters: Letters
) -> None:
    passages = (
        Passage(text="Boil water.", section="Tea › Green", position=0, page=7, link="https://x/#green"),
        Passage(text="Grind beans.", section="Coffee", position=1),
    )
    made = replace(document("https://x", title="Drinks"), passages=passages, link="https://x")
    await put(library, letters, made)
    first, second = await retriever.search("boil water, green", owner="")
    assert (first.text, first.title, first.section, first.link, first.uri) == (
        "Boil water.", "Drinks", "Tea › Green", "https://x/#green", "https://x",
    )  # fmt: skip
    assert second.link == "https://x"
    assert 1 >= first.score > second.score >= 0
    assert first.passage != second.passage


async def test_documents_of_others_are_never_found(retriever: PostgresRetriever, add: Add) -> None:
    await add("x:1", "everyone's tea")
    await add("x:1", "anna's secret tea", owner="anna")
    await add("x:1", "ben's secret tea", owner="ben")
    assert set(await found(retriever, "secret tea", owner="anna")) == {"everyone's tea", "anna's secret tea"}
    assert set(await found(retriever, "secret tea", owner="ben")) == {"everyone's tea", "ben's secret tea"}
    assert await found(retriever, "secret tea", owner="") == ["everyone's tea"]


async def test_documents_of_others_do_not_change_the_scores(retriever: PostgresRetriever, add: Add) -> None:
    await add("x:1", "green tea and cake", "black coffee and cake", "cake")
    before = await retriever.search("tea cake", owner="anna")
    await add("x:2", *(f"tea of ben {number}" for number in range(20)), owner="ben")
    assert await retriever.search("tea cake", owner="anna") == before


async def test_few_own_passages_are_found_among_many_of_others(retriever: PostgresRetriever, add: Add) -> None:
    for person in range(10):
        await add("x:1", *(f"tea note {number} of person {person}" for number in range(30)), owner=f"p{person}")
    await add("x:1", "my tea note", "my coffee note", owner="anna")
    assert await found(retriever, "tea note", owner="anna") == ["my tea note", "my coffee note"]


async def test_languages_without_spaces_are_searched_by_their_characters(
    retriever: PostgresRetriever, add: Add, letters: Letters
) -> None:
    await add("x:zh", "火车站在哪里？", "我想喝水。", "今天天气很好。", language="zh")
    await add("x:th", "สถานีรถไฟอยู่ที่ไหน", "ฉันอยากดื่มน้ำ", language="th")
    letters.away = True
    assert await found(retriever, "最近的火车站") == ["火车站在哪里？"]
    assert await found(retriever, "水") == ["我想喝水。"]
    assert await found(retriever, "รถไฟ") == ["สถานีรถไฟอยู่ที่ไหน"]


async def test_accents_may_be_left_out_but_count_when_typed(
    retriever: PostgresRetriever, add: Add, letters: Letters
) -> None:
    await add("x:vi", "con ma", "con mã", "con gà", language="vi")
    letters.away = True
    assert set(await found(retriever, "ma")) == {"con ma", "con mã"}
    assert await found(retriever, "mã") == ["con mã"]


async def test_a_query_is_stemmed_in_the_language_of_each_document(
    retriever: PostgresRetriever, add: Add, letters: Letters
) -> None:
    await add("x:es", "las canciones españolas", language="es")
    await add("x:en", "the songs were sung", language="en")
    letters.away = True
    assert await found(retriever, "canción") == ["las canciones españolas"]
    assert await found(retriever, "cancion") == ["las canciones españolas"]
    assert await found(retriever, "song") == ["the songs were sung"]


async def test_words_are_searched_while_the_embedder_is_unreachable(
    retriever: PostgresRetriever, add: Add, letters: Letters
) -> None:
    await add("x:1", "green tea", "black coffee")
    letters.away = True
    assert await found(retriever, "tea") == ["green tea"]
    assert await found(retriever, "milk") == []


async def test_passages_of_another_embedder_are_found_by_words(
    database: Database, add: Add, library: PostgresSources
) -> None:
    await add("x:1", "green tea", "black coffee")
    new = Letters(name="other", dimensions=96)
    await put(library, new, document("x:2", "white tea"))
    retriever = PostgresRetriever(database=database, embedder=new)
    assert set(await found(retriever, "tea")) == {"green tea", "white tea"}
    assert "black coffee" not in await found(retriever, "coffe")


async def test_a_replaced_document_is_found_by_its_new_text_only(retriever: PostgresRetriever, add: Add) -> None:
    await add("x:1", "green tea")
    await add("x:1", "black coffee")
    assert await found(retriever, "green tea") == ["black coffee"]


async def test_searching_works_while_documents_are_replaced(retriever: PostgresRetriever, add: Add) -> None:
    await add("x:1", "green tea", "tea house")

    async def replacing() -> None:
        for number in range(10):
            await add("x:1", f"green tea {number}", "tea house")

    async def searching() -> list[int]:
        return [len(await found(retriever, "tea")) for _ in range(20)]

    _, counts = await asyncio.gather(replacing(), searching())
    assert counts == [2] * 20


@pytest.mark.parametrize("query", ["", "   ", "?!…", "\0", "🦊🦊", "\ud800"])
async def test_a_query_without_words_returns_no_hits(retriever: PostgresRetriever, add: Add, query: str) -> None:
    await add("x:1", "green tea")
    assert await retriever.search(query, owner="") == ()


async def test_a_limit_of_zero_returns_no_hits(retriever: PostgresRetriever, add: Add) -> None:
    await add("x:1", "green tea")
    assert await retriever.search("tea", owner="", limit=0) == ()


async def test_a_huge_query_is_truncated(retriever: PostgresRetriever, add: Add) -> None:
    await add("x:1", "green tea", "black coffee")
    assert (await found(retriever, "tea " + "and so on " * 100_000))[0] == "green tea"


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=60))
def test_no_query_raises_an_error(database_url: str, query: str) -> None:
    async def search() -> int:
        database = Database(database_url, pool=1)
        try:
            retriever = PostgresRetriever(database=database, embedder=Letters())
            library = PostgresSources(database=database, clock=ManualClock())
            if not await library.statuses(""):
                await put(library, Letters(), document("x:1", "green tea", "black coffee"))
            return len(await retriever.search(query, owner="x' OR true --", limit=3))
        finally:
            await database.close()

    assert asyncio.run(search()) in (0, 1, 2)


async def test_shared_passages_are_searched_through_the_hnsw_index(
    database: Database, letters: Letters, add: Add
) -> None:
    await add("x:1", *(f"passage number {number}" for number in range(60)))
    near = str((await letters.embed(["passage number 7"]))[0].tolist())
    statement = (
        "EXPLAIN SELECT passage_id FROM vectors WHERE owner = '' AND dimensions = 384 AND embedder = 'letters' "
        f"ORDER BY embedding::halfvec(384) <#> '{near}'::halfvec(384) LIMIT 5"
    )
    async with database.begin() as connection:
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join((await connection.scalars(text(statement))).all())
    assert "ix_vectors_hnsw_384" in plan
