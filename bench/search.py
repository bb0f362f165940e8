"""How fast the search is on 50,000 passages of real text, and how much of the exact neighbourhood its index finds.

Texts come from the folder named by `SONA_BENCH_RETRIEVAL`; their embedding (minutes) is kept between runs.
"""

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text

from bench.report import Row, at_least, at_most, show
from bench.retrieval import Collection
from bench.stored import database, embedded, shelve
from core.clock import SystemClock
from core.ports.knowledge import IndexableDocument, Passage
from core.providers.embeddings.minilm import MiniLm
from storage.engine.database import Database
from storage.knowledge.search import PostgresRetriever, SearchSettings
from storage.knowledge.sources import PostgresSources

PASSAGES = 50_000
_OWN = 1_000
_IN_SOURCE = 200
_WINDOW, _STEP = 24, 5
_QUERIES = 300
_NEAR = 10

_NEAREST = """
SELECT passage_id FROM vectors WHERE owner = '' AND dimensions = 384 AND embedder = :embedder
ORDER BY embedding::halfvec(384) <#> CAST(:query AS halfvec(384)) LIMIT :most
"""
_EXACT = (
    "SELECT passage_id FROM vectors WHERE owner = '' ORDER BY (embedding <#> CAST(:query AS halfvec(384))) + 0 LIMIT 10"
)


def windows(texts: Sequence[str], count: int) -> list[str]:
    """Overlapping stretches of 24 words, as many as wanted, no two alike."""
    cut = (stretch for each in texts for stretch in _stretches(each.split()))
    return list(dict.fromkeys(cut))[:count]


def _stretches(listed: list[str]) -> Iterator[str]:
    for start in range(0, max(1, len(listed) - _STEP), _STEP):
        yield " ".join(listed[start : start + _WINDOW])


async def measure(folder: Path) -> list[Row]:
    sets = [Collection.read(folder / name) for name in ("xquad-en", "xquad-es", "xquad-vi", "cranfield")]
    texts = windows([each for one in sets for each in one.documents.values()], PASSAGES)
    questions = [each for one in sets for each in list(one.queries.values())[: _QUERIES // 3]][:_QUERIES]
    async with MiniLm() as model, database() as opened:
        vectors = await embedded(model, texts)
        asked = await embedded(model, questions)
        library = PostgresSources(database=opened, clock=SystemClock())
        begun = time.perf_counter()
        await _fill(library, texts, vectors, model.name)
        written = len(texts) / (time.perf_counter() - begun)
        await opened.run(text("VACUUM ANALYZE"), {})
        retriever = PostgresRetriever(database=opened, embedder=model, grasp=model.grasp)
        own = await _times(retriever, questions, owner="anna")
        public = await _times(retriever, questions, owner="nobody")
        exact, truth = await _exact(opened, asked)
        recall = await _recall(opened, asked, truth)
    return [
        at_most("search: p95, with a person's own 1,000", _share(own, 95), 30, unit="ms"),
        at_most("search: p95, everyone's only", _share(public, 95), 30, unit="ms"),
        Row(name="search: p50, embedding included", value=_share(own, 50), unit="ms", peer=_share(exact, 50),
            ratio=_share(own, 50) / _share(exact, 50), reach="peer: exact scan of vectors alone"),
        at_least("search: recall@10 of the index", recall, 0.97),
        Row(name="store: passages a second, vectors given", value=written, unit="/s"),
    ]  # fmt: skip


async def _fill(library: PostgresSources, texts: Sequence[str], vectors: NDArray[np.float32], embedder: str) -> None:
    for start in range(0, len(texts), _IN_SOURCE):
        part = slice(start, start + _IN_SOURCE)
        passages = tuple(Passage(text=each, position=place) for place, each in enumerate(texts[part]))
        owner = "anna" if start < _OWN else ""
        document = IndexableDocument(uri=f"bench:{start}", title=str(start), passages=passages, owner=owner)
        await shelve(library, document, vectors[part], embedder)


async def _times(retriever: PostgresRetriever, questions: Sequence[str], *, owner: str) -> list[float]:
    for question in questions[:20]:
        await retriever.search(question, owner=owner)
    times: list[float] = []
    for question in questions:
        begun = time.perf_counter()
        await retriever.search(question, owner=owner)
        times.append(1000 * (time.perf_counter() - begun))
    return times


async def _exact(opened: Database, asked: NDArray[np.float32]) -> tuple[list[float], list[set[int]]]:
    times: list[float] = []
    found: list[set[int]] = []
    async with opened.begin() as connection:
        await connection.execute(text("SET LOCAL jit = off"))
        for row in asked:
            begun = time.perf_counter()
            found.append(set((await connection.scalars(text(_EXACT), {"query": str(row.tolist())})).all()))
            times.append(1000 * (time.perf_counter() - begun))
    return times, found


async def _recall(opened: Database, asked: NDArray[np.float32], truth: Sequence[set[int]]) -> float:
    """As the search itself asks: its first candidates, of which the exact ten should be among."""
    reach = SearchSettings()
    shares: list[float] = []
    async with opened.begin() as connection:
        await connection.execute(text(f"SET LOCAL hnsw.ef_search = {reach.ef_search}"))
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        for row, exact in zip(asked, truth, strict=True):
            values = {"query": str(row.tolist()), "embedder": MiniLm.name, "most": _NEAR}
            found = set((await connection.scalars(text(_NEAREST), values)).all())
            shares.append(len(found & exact) / len(exact))
    return float(np.mean(shares))


def _share(times: Sequence[float], percent: float) -> float:
    return float(np.percentile(times, percent))


def run() -> list[Row]:
    """Nothing when the texts are not there."""
    folder = os.environ.get("SONA_BENCH_RETRIEVAL", "")
    return asyncio.run(measure(Path(folder))) if folder else []


if __name__ == "__main__":
    show(run())
