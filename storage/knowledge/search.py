"""Hybrid search in Postgres: BM25 over postings and nearest vectors, fused into one ranking."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import AsyncConnection

from core.errors import Failure
from core.ports.knowledge import Embedder, Hit
from core.rag.fusion import Scores, Vectors, fuse
from core.rag.language import STEMMED
from core.rag.postings import Stems, asked, terms
from core.rag.words import clean
from storage.engine.database import Database
from storage.engine.driver import driver_connection

_CHARACTERS = 2000
"""Characters of a query that are used."""
_POSTINGS_BUDGET = 5_000
"""Passages listed by the terms of one query, rarest terms first: very common terms are ignored in a large library."""
_STEMMERS = json.dumps({code: f"{name}_stem" for code, name in STEMMED.items()})

# All statements of one search see the same data, even if a source is replaced in between.
_SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"

# Every language that the visible sources are stemmed in, with the stems of the query's words in it.
#
# The settings are for the rest of the transaction and are set here to save a round trip. iterative_scan: the index holds
# the vectors of all embedders, and without it a query would find only those of its first `ef_search` candidates that
# pass the filter; relaxed_order suffices because the fusion sorts anyway. jit: compiling costs more than these short
# queries run. force_custom_plan: the best plan depends on how many terms and passages the parameters hold.
_STEMS = """
    SELECT stemming, word, CASE WHEN stemming <> ''
        THEN ts_lexize((%(stemmers)s::jsonb ->> stemming)::regdictionary, word) END,
        set_config('hnsw.ef_search', %(ef_search)s, true), set_config('hnsw.iterative_scan', 'relaxed_order', true),
        set_config('jit', 'off', true), set_config('plan_cache_mode', 'force_custom_plan', true)
    FROM (SELECT DISTINCT stemming FROM sources WHERE owner = ANY(%(owners)s) AND passages > 0) languages
        LEFT JOIN unnest(%(words)s::text[]) word ON true
"""

# BM25 with the usual k1 = 1.2 and b = 0.75 over all visible sources. A posting lists, for one term of one source, the
# passages with the term, how often each has it, and their lengths, so that no passage has to be read.
#
# `chosen` are the rarest term and then those whose listed passages fit the budget together. MATERIALIZED keeps the
# planner from computing these few rows again for each posting. OFFSET 0 keeps it from joining the postings with
# `chosen` by reading the whole table instead of each term's few rows.
_MATCHED = """
WITH total AS MATERIALIZED (
    SELECT sum(passages)::float8 AS passages, greatest(1, sum(words)::float8 / greatest(1, sum(passages))) AS length
    FROM sources WHERE owner = ANY(%(owners)s)
), found AS MATERIALIZED (
    SELECT term, sum(count)::float8 AS passages FROM postings
    WHERE term = ANY(%(terms)s) AND owner = ANY(%(owners)s) GROUP BY term
), chosen AS MATERIALIZED (
    SELECT term, ln(1 + (total.passages - ranked.passages + 0.5) / (ranked.passages + 0.5)) AS idf
    FROM (
        SELECT term, passages, sum(passages) OVER (ORDER BY passages, term) - passages AS rarer FROM found
    ) ranked, total WHERE rarer = 0 OR rarer + ranked.passages <= %(budget)s
)
SELECT each.passage, sum(
    idf * each.frequency * 2.2 / (each.frequency + 1.2 * (0.25 + 0.75 * each.length / total.length))
) AS score
FROM chosen, total, LATERAL (
    SELECT passages, frequencies, lengths FROM postings
    WHERE postings.term = chosen.term AND owner = ANY(%(owners)s) OFFSET 0
) listed, unnest(listed.passages, frequencies, lengths) AS each (passage, frequency, length)
GROUP BY each.passage ORDER BY score DESC, each.passage LIMIT %(limit)s
"""

# The union of both halves, with the vector of every candidate: passages that only the words found get a similarity too.
# halfvec_send gives the vector in binary, which numpy reads without parsing.
_CANDIDATES = """
WITH candidates AS (
    SELECT unnest(%(matched)s::bigint[]) AS passage {nearest}
)
SELECT passage, halfvec_send(embedding) FROM candidates
    LEFT JOIN vectors ON passage_id = passage AND embedder = %(embedder)s
ORDER BY passage
"""

# Shared passages (without an owner) come from the approximate HNSW index, which is partial and holds no others: a
# filter on the owner therefore never discards what the index returned. A person's own passages are compared exactly:
# they are few, found by `ix_vectors_owner`, and an index per person would cost more than the scan. <#> is the negative
# inner product, which for unit vectors ranks like the cosine and is cheaper.
_NEAREST = """
UNION (SELECT passage_id FROM vectors WHERE owner = '' AND dimensions = {0} AND embedder = %(embedder)s
    ORDER BY embedding::halfvec({0}) <#> %(query)s::halfvec({0}) LIMIT %(limit)s)
UNION (SELECT passage_id FROM vectors WHERE owner = %(owner)s AND owner <> '' AND embedder = %(embedder)s
    ORDER BY embedding <#> %(query)s::halfvec({0}) LIMIT %(limit)s)
"""

_HITS = """
    SELECT p.id, p.text, p.section, coalesce(nullif(p.link, ''), s.link) AS link, s.title, s.uri
    FROM passages p JOIN sources s ON s.id = p.source_id WHERE p.id = ANY(%(ids)s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSettings:
    """`candidates` are taken from each half (50 is best on Cranfield); `ef_search` is the width of the HNSW search."""

    candidates: int = 50
    ef_search: int = 160


@dataclass(frozen=True, slots=True)
class _Candidates:
    passages: Sequence[int]
    words: Scores
    vectors: Vectors


async def _full(_: str) -> float:
    return 1.0


class PostgresRetriever:
    """`core.ports.knowledge.Retriever` on the tables of `storage.tables.knowledge`.

    `grasp` returns the share of a text that the embedder understands, from 0 to 1 (`MiniLm.grasp`); a multilingual
    embedder needs none. While the embedder is unreachable only BM25 is used.
    """

    def __init__(
        self,
        *,
        database: Database,
        embedder: Embedder,
        grasp: Callable[[str], Awaitable[float]] = _full,
        settings: SearchSettings | None = None,
    ) -> None:
        self._database = database
        self._embedder = embedder
        self._grasp = grasp
        self._settings = settings or SearchSettings()

    async def search(self, query: str, *, owner: str, limit: int = 5) -> tuple[Hit, ...]:
        """The best hits; none for a query without words. Raises `Unreachable` when the database is."""
        query = clean(query[:_CHARACTERS]).strip()
        wanted = asked(query)
        if not wanted or limit <= 0:
            return ()
        embedding = asyncio.create_task(self._embed(query))
        try:
            async with self._database.begin() as connection:
                driver = await driver_connection(connection)
                listed = await self._terms(driver, wanted, owner)
                # Runs while the query is still being embedded.
                matched = await self._matched(driver, listed, owner)
                vector, grasp = await embedding
                found = await self._candidates(driver, matched, vector, owner)
                scores = fuse(found.words, found.vectors, vector, grasp=grasp)
                best = np.argsort(-scores, kind="stable")[:limit]
                return await _hits(driver, {found.passages[index]: float(scores[index]) for index in best})
        finally:
            embedding.cancel()

    async def _embed(self, query: str) -> tuple[NDArray[np.float32] | None, float]:
        """The query's vector and `grasp`; no vector when the embedder fails."""
        try:
            rows, grasp = await asyncio.gather(self._embedder.embed([query]), self._grasp(query))
        except Failure:
            return None, 0.0
        return rows[0], grasp

    async def _terms(self, connection: AsyncConnection[Any], wanted: list[str], owner: str) -> list[str]:
        """The query's terms in every language of the visible sources. Also starts the snapshot of the transaction."""
        parameters = {
            "words": wanted,
            "owners": ["", owner],
            "stemmers": _STEMMERS,
            "ef_search": str(self._settings.ef_search),
        }
        async with connection.pipeline():
            await connection.execute(_SNAPSHOT)
            cursor = await connection.execute(_STEMS, parameters)
            rows = await cursor.fetchall()
        stems: dict[str, dict[str, Sequence[str]]] = {}
        for language, word, stemmed, *_ in rows:
            known = stems.setdefault(language, {})
            if stemmed is not None:
                known[word] = stemmed
        languages: dict[str, Stems] = {**stems}
        return terms(wanted, languages)

    async def _matched(self, connection: AsyncConnection[Any], listed: list[str], owner: str) -> dict[int, float]:
        """The BM25 scores of the best passages."""
        parameters = {
            "terms": listed,
            "owners": ["", owner],
            "budget": _POSTINGS_BUDGET,
            "limit": self._settings.candidates,
        }
        cursor = await connection.execute(_MATCHED.encode(), parameters, binary=True)
        return dict(await cursor.fetchall())

    async def _candidates(
        self,
        connection: AsyncConnection[Any],
        matched: dict[int, float],
        vector: NDArray[np.float32] | None,
        owner: str,
    ) -> _Candidates:
        """The passages of both halves, with their BM25 scores and vectors."""
        parameters: dict[str, object] = {
            "matched": list(matched),
            "limit": self._settings.candidates,
            "embedder": self._embedder.name,
        }
        nearest = ""
        if vector is not None:
            nearest = _NEAREST.format(len(vector))
            parameters |= {"owner": owner, "query": "[" + ",".join(f"{number:.6g}" for number in vector.tolist()) + "]"}
        statement = _CANDIDATES.format(nearest=nearest).encode()
        rows = await (await connection.execute(statement, parameters, binary=True)).fetchall()
        return _Candidates(
            [passage for passage, _ in rows],
            np.array([matched.get(passage, 0.0) for passage, _ in rows], np.float64),
            _vectors([packed for _, packed in rows], 0 if vector is None else len(vector)),
        )


def _vectors(packed: Sequence[bytes | None], dimensions: int) -> Vectors:
    """A row per passage from the output of halfvec_send: big-endian half floats after 4 bytes of header.

    Missing vectors, and those of other dimensions, become zeros.
    """
    zeros = b"\0" * (4 + 2 * dimensions)
    rows = [zeros if each is None or len(each) != len(zeros) else each for each in packed]
    halves = np.frombuffer(b"".join(rows), ">f2").reshape(len(rows), 2 + dimensions)
    return halves[:, 2:].astype(np.float32)


async def _hits(connection: AsyncConnection[Any], scores: dict[int, float]) -> tuple[Hit, ...]:
    """The passages with these ids, in this order."""
    cursor = await connection.execute(_HITS, {"ids": list(scores)})
    hits = {
        passage: Hit(
            text=words, section=section, link=link, title=title, uri=uri, score=scores[passage], passage=passage
        )
        for passage, words, section, link, title, uri in await cursor.fetchall()
    }
    return tuple(hits[passage] for passage in scores)
