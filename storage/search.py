"""Hybrid search in Postgres: BM25 over lists of postings and the nearest vectors, fused."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import Failure
from core.ports.knowledge import Embedder, Hit
from core.rag.fusion import Scores, Vectors, fuse
from core.rag.language import STEMMED
from core.rag.postings import Stems, asked, terms
from core.rag.words import clean
from storage.database import Database
from storage.reach import reached

_CHARACTERS = 2000
# Postings read for one query at most: rare terms come first, so that very common ones cost nothing in a large library.
_BUDGET = 10_000
_STEMMERS = json.dumps({code: f"{name}_stem" for code, name in STEMMED.items()})

_STILL = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")

_STEMS = text(
    """
    SELECT stemming, word, CASE WHEN stemming <> ''
        THEN ts_lexize(CAST(CAST(:stemmers AS jsonb) ->> stemming AS regdictionary), word) END,
        set_config('hnsw.ef_search', :breadth, true), set_config('hnsw.iterative_scan', 'relaxed_order', true),
        set_config('jit', 'off', true), set_config('plan_cache_mode', 'force_custom_plan', true)
    FROM (SELECT DISTINCT stemming FROM sources WHERE owner = ANY(:owners) AND passages > 0) languages
        LEFT JOIN unnest(CAST(:words AS text[])) word ON true
    """
)

# OFFSET 0 keeps the planner from reading the whole table instead of each term's few rows.
_CANDIDATES = """
WITH total AS MATERIALIZED (
    SELECT sum(passages)::float8 AS passages, greatest(1, sum(words)::float8 / greatest(1, sum(passages))) AS length
    FROM sources WHERE owner = ANY(:owners)
), found AS MATERIALIZED (
    SELECT term, sum(count)::float8 AS passages FROM postings
    WHERE term = ANY(:terms) AND owner = ANY(:owners) GROUP BY term
), chosen AS MATERIALIZED (
    SELECT term, ln(1 + (total.passages - rarest.passages + 0.5) / (rarest.passages + 0.5)) AS rarity
    FROM (
        SELECT term, passages, sum(passages) OVER (ORDER BY passages, term) - passages AS rarer FROM found
    ) rarest, total WHERE rarer = 0 OR rarer + rarest.passages <= :budget
), matched AS MATERIALIZED (
    SELECT each.passage, sum(
        rarity * each.frequency * 2.2 / (each.frequency + 1.2 * (0.25 + 0.75 * each.length / total.length))
    ) AS score
    FROM chosen, total, LATERAL (
        SELECT passages, frequencies, lengths FROM postings
        WHERE postings.term = chosen.term AND owner = ANY(:owners) OFFSET 0
    ) listed, unnest(listed.passages, frequencies, lengths) AS each (passage, frequency, length)
    GROUP BY each.passage ORDER BY score DESC, each.passage LIMIT :most
), candidates AS (
    SELECT passage FROM matched {nearest}
)
SELECT passage, coalesce(score, 0), halfvec_send(embedding) FROM candidates LEFT JOIN matched USING (passage)
    LEFT JOIN vectors ON passage_id = passage AND embedder = :embedder
ORDER BY passage
"""

# Everyone's passages come from the approximate index, which holds no others, so that no filter can lose results;
# a person's own are few and compared one by one.
_NEAREST = """
UNION (SELECT passage_id FROM vectors WHERE owner = '' AND dimensions = {0} AND embedder = :embedder
    ORDER BY embedding::halfvec({0}) <#> CAST(:query AS halfvec({0})) LIMIT :most)
UNION (SELECT passage_id FROM vectors WHERE owner = :owner AND owner <> '' AND embedder = :embedder
    ORDER BY embedding <#> CAST(:query AS halfvec({0})) LIMIT :most)
"""

_HITS = text(
    """
    SELECT p.id, p.text, p.section, coalesce(nullif(p.link, ''), s.link) AS link, s.title, s.uri
    FROM passages p JOIN sources s ON s.id = p.source_id WHERE p.id = ANY(:ids)
    """
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far a search looks: candidates taken from either half (50 is best on Cranfield), and the width of the approximate index's search."""

    most: int = 50
    breadth: int = 160


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
        reach: Reach | None = None,
    ) -> None:
        self._database = database
        self._embedder = embedder
        self._grasp = grasp
        self._reach = reach or Reach()

    async def search(self, query: str, *, owner: str, limit: int = 5) -> tuple[Hit, ...]:
        """As the port says; a query without words gives `()`. Raises `Unreachable` when the database is away."""
        query = clean(query[:_CHARACTERS]).strip()
        wanted = asked(query)
        if not wanted or limit <= 0:
            return ()
        near, grasp = await self._meaning(query)
        with reached():
            async with self._database.begin() as connection:
                await connection.execute(_STILL)
                listed = await self._terms(connection, wanted, owner)
                found = await self._candidates(connection, listed, near, owner)
                scores = fuse(found.words, found.vectors, near, grasp=grasp)
                best = np.argsort(-scores, kind="stable")[:limit]
                return await _hits(connection, {found.passages[place]: float(scores[place]) for place in best})

    async def _meaning(self, query: str) -> tuple[NDArray[np.float32] | None, float]:
        """The query's vector and how far to trust it; no vector when the embedder is away."""
        try:
            rows, grasp = await asyncio.gather(self._embedder.embed([query]), self._grasp(query))
        except Failure:
            return None, 0.0
        return rows[0], grasp

    async def _terms(self, connection: AsyncConnection, wanted: list[str], owner: str) -> list[str]:
        """The query's terms in every language that the visible documents are in."""
        values = {
            "words": wanted,
            "owners": ["", owner],
            "stemmers": _STEMMERS,
            "breadth": str(self._reach.breadth),
        }
        stems: dict[str, dict[str, Sequence[str]]] = {}
        for language, word, stemmed, *_ in await connection.execute(_STEMS, values):
            known = stems.setdefault(language, {})
            if stemmed is not None:
                known[word] = stemmed
        languages: dict[str, Stems] = {**stems}
        return terms(wanted, languages)

    async def _candidates(
        self, connection: AsyncConnection, listed: list[str], near: NDArray[np.float32] | None, owner: str
    ) -> _Candidates:
        values: dict[str, object] = {
            "terms": listed,
            "owners": ["", owner],
            "budget": _BUDGET,
            "most": self._reach.most,
            "embedder": self._embedder.name,
        }
        nearest = ""
        if near is not None:
            nearest = _NEAREST.format(len(near))
            values |= {"owner": owner, "query": "[" + ",".join(f"{number:.6g}" for number in near.tolist()) + "]"}
        rows = (await connection.execute(text(_CANDIDATES.format(nearest=nearest)), values)).all()
        return _Candidates(
            [passage for passage, _, _ in rows],
            np.array([score for _, score, _ in rows], np.float64),
            _unpacked([packed for _, _, packed in rows], 0 if near is None else len(near)),
        )


def _unpacked(packed: Sequence[bytes | None], dimensions: int) -> Vectors:
    """Rows of half-precision numbers as the database sends them, after four bytes of header; zeros for none."""
    none = b"\0" * (4 + 2 * dimensions)
    rows = [none if each is None or len(each) != len(none) else bytes(each) for each in packed]
    halves = np.frombuffer(b"".join(rows), ">f2").reshape(len(rows), 2 + dimensions)
    return halves[:, 2:].astype(np.float32)


async def _hits(connection: AsyncConnection, scores: dict[int, float]) -> tuple[Hit, ...]:
    rows = {row["id"]: row for row in (await connection.execute(_HITS, {"ids": list(scores)})).mappings()}
    return tuple(
        Hit(
            text=rows[passage]["text"],
            title=rows[passage]["title"],
            section=rows[passage]["section"],
            link=rows[passage]["link"],
            uri=rows[passage]["uri"],
            score=score,
            passage=passage,
        )
        for passage, score in scores.items()
    )
