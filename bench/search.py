"""Latency of the search on 50,000 passages of real text, and recall of its approximate index.

With the small set alone there are 5,000 passages, mixed from its sentences. Their embedding (minutes for 50,000) is
cached between runs.
"""

import asyncio
import random
import re
import time
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text

from bench.database import cached_embeddings, empty_database, store
from bench.report import Entry, Row, at_least, at_most, print_entries
from bench.retrieval_sets import RetrievalSets, find_sets
from core.clock import SystemClock
from core.ports.knowledge import IndexableDocument, Passage
from core.providers.embeddings.minilm import MiniLm
from storage.engine.database import Database
from storage.knowledge.search import PostgresRetriever, SearchSettings
from storage.knowledge.sources import PostgresSources

PASSAGES, SMALL_PASSAGES = 50_000, 5_000
_SETS = ("xquad-en", "xquad-es", "xquad-vi", "cranfield")
_OWN = 1_000
_PER_SOURCE = 200
_WINDOW, _STEP = 24, 5
_QUERIES = 300
_NEAREST_COUNT = 10

_NEAREST = """
SELECT passage_id FROM vectors WHERE owner = '' AND dimensions = 384 AND embedder = :embedder
ORDER BY embedding::halfvec(384) <#> CAST(:query AS halfvec(384)) LIMIT :most
"""
# Adding 0 to the distance keeps the planner from using the index.
_EXACT = (
    "SELECT passage_id FROM vectors WHERE owner = '' ORDER BY (embedding <#> CAST(:query AS halfvec(384))) + 0 LIMIT 10"
)


def windows(texts: Sequence[str], count: int) -> list[str]:
    """Overlapping stretches of 24 words, `count` at most, no two alike."""
    cut = (stretch for each in texts for stretch in _stretches(each.split()))
    return list(dict.fromkeys(cut))[:count]


def mixed(texts: Sequence[str], count: int) -> list[str]:
    """Stretches of the texts' sentences in random orders, the same in every run."""
    rng, found = random.Random(0), dict[str, None]()
    sentences = [each for whole in texts for each in re.split(r"(?<=[.?!])\s+", whole)]
    while len(found) < count:
        rng.shuffle(sentences)
        found.update(dict.fromkeys(_stretches(" ".join(sentences).split())))
    return list(found)[:count]


def run() -> list[Entry]:
    sets = find_sets()
    return [*asyncio.run(_measure(sets)), *sets.skipped(f"search on {PASSAGES:,} passages")]


def _stretches(words: list[str]) -> Iterator[str]:
    for start in range(0, max(1, len(words) - _STEP), _STEP):
        yield " ".join(words[start : start + _WINDOW])


def _material(sets: RetrievalSets) -> tuple[list[str], list[str]]:
    """Passages and questions."""
    read = sets.read() if sets.small else sets.read(*_SETS)
    whole = [each for one in read for each in one.documents.values()]
    questions = [each for one in read for each in list(one.queries.values())[: _QUERIES // 3]][:_QUERIES]
    return mixed(whole, SMALL_PASSAGES) if sets.small else windows(whole, PASSAGES), questions


async def _measure(sets: RetrievalSets) -> list[Row]:
    texts, questions = _material(sets)
    async with MiniLm() as model, empty_database() as database:
        vectors = await cached_embeddings(model, texts)
        queries = await cached_embeddings(model, questions)
        begun = time.perf_counter()
        await _fill(PostgresSources(database=database, clock=SystemClock()), texts, vectors, model.name)
        written = len(texts) / (time.perf_counter() - begun)
        await database.run(text("VACUUM ANALYZE"), {})
        retriever = PostgresRetriever(database=database, embedder=model, grasp=model.grasp)
        own = await _times(retriever, questions, owner="anna")
        public = await _times(retriever, questions, owner="nobody")
        exact, truth = await _exact(database, queries)
        recall = await _recall(database, queries, truth)
    key, name = f"search.{len(texts)}", f"search on {len(texts):,} passages"
    half, scan = _percentile(own, 50), _percentile(exact, 50)
    return [
        at_most(f"{key}.own.p95", f"{name}: p95, with a person's own 1,000", _percentile(own, 95), 30, unit="ms"),
        at_most(f"{key}.public.p95", f"{name}: p95, public ones only", _percentile(public, 95), 30, unit="ms"),
        Row(key=f"{key}.p50", name=f"{name}: p50, embedding included, against an exact scan of vectors alone",
            value=half, unit="ms", better="less", peer=scan, ratio=half / scan),
        at_least(f"{key}.recall", f"{name}: recall@10 of the index", recall, 0.97, timed=False),
        Row(key=f"{key}.store", name=f"{name}: stored per second, vectors given",
            value=written, unit="/s", better="more"),
    ]  # fmt: skip


async def _fill(sources: PostgresSources, texts: Sequence[str], vectors: NDArray[np.float32], embedder: str) -> None:
    for start in range(0, len(texts), _PER_SOURCE):
        part = slice(start, start + _PER_SOURCE)
        passages = tuple(Passage(text=each, position=place) for place, each in enumerate(texts[part]))
        owner = "anna" if start < _OWN else ""
        document = IndexableDocument(uri=f"bench:{start}", title=str(start), passages=passages, owner=owner)
        await store(sources, document, vectors[part], embedder)


async def _times(retriever: PostgresRetriever, questions: Sequence[str], *, owner: str) -> list[float]:
    """Milliseconds of each search, after a few to warm up."""
    for question in questions[:20]:
        await retriever.search(question, owner=owner)
    times: list[float] = []
    for question in questions:
        begun = time.perf_counter()
        await retriever.search(question, owner=owner)
        times.append(1000 * (time.perf_counter() - begun))
    return times


async def _exact(database: Database, queries: NDArray[np.float32]) -> tuple[list[float], list[set[int]]]:
    """Milliseconds and the nearest passages of each query in an exact scan."""
    times: list[float] = []
    found: list[set[int]] = []
    async with database.begin() as connection:
        await connection.execute(text("SET LOCAL jit = off"))
        for row in queries:
            begun = time.perf_counter()
            found.append(set((await connection.scalars(text(_EXACT), {"query": str(row.tolist())})).all()))
            times.append(1000 * (time.perf_counter() - begun))
    return times, found


async def _recall(database: Database, queries: NDArray[np.float32], truth: Sequence[set[int]]) -> float:
    """Share of the exact nearest that the index finds with the product's settings."""
    chosen = SearchSettings()
    shares: list[float] = []
    async with database.begin() as connection:
        await connection.execute(text(f"SET LOCAL hnsw.ef_search = {chosen.ef_search}"))
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        for row, exact in zip(queries, truth, strict=True):
            values = {"query": str(row.tolist()), "embedder": MiniLm.name, "most": _NEAREST_COUNT}
            found = set((await connection.scalars(text(_NEAREST), values)).all())
            shares.append(len(found & exact) / len(exact))
    return float(np.mean(shares))


def _percentile(times: Sequence[float], percent: float) -> float:
    return float(np.percentile(times, percent))


if __name__ == "__main__":
    print_entries(run())
