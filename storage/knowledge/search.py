"""Hybrid search in Postgres: BM25 over lists of postings and the nearest vectors, fused."""

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
# Postings read for one query at most: rare terms come first, so that very common ones cost nothing in a large library.
_BUDGET = 5_000
_STEMMERS = json.dumps({code: f"{name}_stem" for code, name in STEMMED.items()})

_STILL = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"

_STEMS = """
    SELECT stemming, word, CASE WHEN stemming <> ''
        THEN ts_lexize((%(stemmers)s::jsonb ->> stemming)::regdictionary, word) END,
        set_config('hnsw.ef_search', %(breadth)s, true), set_config('hnsw.iterative_scan', 'relaxed_order', true),
        set_config('jit', 'off', true), set_config('plan_cache_mode', 'force_custom_plan', true)
    FROM (SELECT DISTINCT stemming FROM sources WHERE owner = ANY(%(owners)s) AND passages > 0) languages
        LEFT JOIN unnest(%(words)s::text[]) word ON true
"""

# OFFSET 0 keeps the planner from reading the whole table instead of each term's few rows.
_MATCHED = """
WITH total AS MATERIALIZED (
    SELECT sum(passages)::float8 AS passages, greatest(1, sum(words)::float8 / greatest(1, sum(passages))) AS length
    FROM sources WHERE owner = ANY(%(owners)s)
), found AS MATERIALIZED (
    SELECT term, sum(count)::float8 AS passages FROM postings
    WHERE term = ANY(%(terms)s) AND owner = ANY(%(owners)s) GROUP BY term
), chosen AS MATERIALIZED (
    SELECT term, ln(1 + (total.passages - rarest.passages + 0.5) / (rarest.passages + 0.5)) AS rarity
    FROM (
        SELECT term, passages, sum(passages) OVER (ORDER BY passages, term) - passages AS rarer FROM found
    ) rarest, total WHERE rarer = 0 OR rarer + rarest.passages <= %(budget)s
)
SELECT each.passage, sum(
    rarity * each.frequency * 2.2 / (each.frequency + 1.2 * (0.25 + 0.75 * each.length / total.length))
) AS score
FROM chosen, total, LATERAL (
    SELECT passages, frequencies, lengths FROM postings
    WHERE postings.term = chosen.term AND owner = ANY(%(owners)s) OFFSET 0
) listed, unnest(listed.passages, frequencies, lengths) AS each (passage, frequency, length)
GROUP BY each.passage ORDER BY score DESC, each.passage LIMIT %(most)s
"""

_CANDIDATES = """
WITH candidates AS (
    SELECT unnest(%(matched)s::bigint[]) AS passage {nearest}
)
SELECT passage, halfvec_send(embedding) FROM candidates
    LEFT JOIN vectors ON passage_id = passage AND embedder = %(embedder)s
ORDER BY passage
"""

# Everyone's passages come from the approximate index, which holds no others, so that no filter can lose results;
# a person's own are few and compared one by one.
_NEAREST = """
UNION (SELECT passage_id FROM vectors WHERE owner = '' AND dimensions = {0} AND embedder = %(embedder)s
    ORDER BY embedding::halfvec({0}) <#> %(query)s::halfvec({0}) LIMIT %(most)s)
UNION (SELECT passage_id FROM vectors WHERE owner = %(owner)s AND owner <> '' AND embedder = %(embedder)s
    ORDER BY embedding <#> %(query)s::halfvec({0}) LIMIT %(most)s)
"""

_HITS = """
    SELECT p.id, p.text, p.section, coalesce(nullif(p.link, ''), s.link) AS link, s.title, s.uri
    FROM passages p JOIN sources s ON s.id = p.source_id WHERE p.id = ANY(%(ids)s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSettings:
    """How far a search looks: candidates taken from either half (50 is best on Cranfield), and the width of the approximate index's search."""

    candidates: int = 50
    ef_search: int = 160


@dataclass(frozen=True, slots=True)
class _Candidates:
    passages: Sequence[int]
    words: Scores
    vectors: Vectors


async def _whole(_: str) -> float:
    return 1.0


class PostgresRetriever:
    """`core.ports.knowledge.Retriever` on the tables of `storage.tables.knowledge`.

    `grasp` tells the share of a text that the embedder understands (`MiniLm.grasp`); an embedder that knows every
    language needs none. While the embedder is away, words alone are searched.
    """

    def __init__(
        self,
        *,
        database: Database,
        embedder: Embedder,
        grasp: Callable[[str], Awaitable[float]] = _whole,
        settings: SearchSettings | None = None,
    ) -> None:
        self._database = database
        self._embedder = embedder
        self._grasp = grasp
        self._settings = settings or SearchSettings()

    async def search(self, query: str, *, owner: str, limit: int = 5) -> tuple[Hit, ...]:
        """As the port says; a query without words gives `()`. Raises `Unreachable` when the database is away."""
        query = clean(query[:_CHARACTERS]).strip()
        wanted = asked(query)
        if not wanted or limit <= 0:
            return ()
        meaning = asyncio.create_task(self._meaning(query))
        try:
            async with self._database.begin() as connection:
                beneath = await driver_connection(connection)
                listed = await self._terms(beneath, wanted, owner)
                matched = await self._matched(beneath, listed, owner)
                near, grasp = await meaning
                found = await self._candidates(beneath, matched, near, owner)
                scores = fuse(found.words, found.vectors, near, grasp=grasp)
                best = np.argsort(-scores, kind="stable")[:limit]
                return await _hits(beneath, {found.passages[place]: float(scores[place]) for place in best})
        finally:
            meaning.cancel()

    async def _meaning(self, query: str) -> tuple[NDArray[np.float32] | None, float]:
        """The query's vector and how far to trust it; no vector when the embedder is away."""
        try:
            rows, grasp = await asyncio.gather(self._embedder.embed([query]), self._grasp(query))
        except Failure:
            return None, 0.0
        return rows[0], grasp

    async def _terms(self, connection: AsyncConnection[Any], wanted: list[str], owner: str) -> list[str]:
        """The query's terms in every language that the visible documents are in. Begins the transaction's unchanging view."""
        values = {
            "words": wanted,
            "owners": ["", owner],
            "stemmers": _STEMMERS,
            "breadth": str(self._settings.ef_search),
        }
        async with connection.pipeline():
            await connection.execute(_STILL)
            cursor = await connection.execute(_STEMS, values)
            rows = await cursor.fetchall()
        stems: dict[str, dict[str, Sequence[str]]] = {}
        for language, word, stemmed, *_ in rows:
            known = stems.setdefault(language, {})
            if stemmed is not None:
                known[word] = stemmed
        languages: dict[str, Stems] = {**stems}
        return terms(wanted, languages)

    async def _matched(self, connection: AsyncConnection[Any], listed: list[str], owner: str) -> dict[int, float]:
        """The passages that have the words, with their scores; asked while the query is still being embedded."""
        values = {"terms": listed, "owners": ["", owner], "budget": _BUDGET, "most": self._settings.candidates}
        cursor = await connection.execute(_MATCHED.encode(), values, binary=True)
        return dict(await cursor.fetchall())

    async def _candidates(
        self, connection: AsyncConnection[Any], matched: dict[int, float], near: NDArray[np.float32] | None, owner: str
    ) -> _Candidates:
        """The passages of either half, with the scores of their words and their vectors."""
        values: dict[str, object] = {
            "matched": list(matched),
            "most": self._settings.candidates,
            "embedder": self._embedder.name,
        }
        nearest = ""
        if near is not None:
            nearest = _NEAREST.format(len(near))
            values |= {"owner": owner, "query": "[" + ",".join(f"{number:.6g}" for number in near.tolist()) + "]"}
        statement = _CANDIDATES.format(nearest=nearest).encode()
        rows = await (await connection.execute(statement, values, binary=True)).fetchall()
        return _Candidates(
            [passage for passage, _ in rows],
            np.array([matched.get(passage, 0.0) for passage, _ in rows], np.float64),
            _unpacked([packed for _, packed in rows], 0 if near is None else len(near)),
        )


def _unpacked(packed: Sequence[bytes | None], dimensions: int) -> Vectors:
    """Rows of half-precision numbers as the database sends them, after four bytes of header; zeros for none."""
    none = b"\0" * (4 + 2 * dimensions)
    rows = [none if each is None or len(each) != len(none) else each for each in packed]
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
