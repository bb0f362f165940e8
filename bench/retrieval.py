"""Quality of the search: nDCG@10 on collections with relevance judgements.

The numbers in `core.rag.fusion` and `storage.knowledge.search` were chosen on Cranfield alone; the other sets check
them. Two design choices were made with all sets in view (`docs/decisions/0002-embeddings.md`).
"""

import asyncio
import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.database import cached_embeddings, empty_database, store
from bench.report import Entry, Row, against_peer, at_least, print_entries
from bench.retrieval_sets import LARGE, RetrievalSet, RetrievalSets, find_sets
from core.clock import SystemClock
from core.errors import Unreachable
from core.ports.knowledge import IndexableDocument, Passage, Retriever
from core.providers.embeddings.minilm import MiniLm
from storage.engine.database import Database
from storage.knowledge.search import PostgresRetriever
from storage.knowledge.sources import PostgresSources

# Measured, rounded down. The small set asks mostly in other words than its passages, which is hard on the words' half.
FLOORS = {
    "cranfield": 0.47,
    "xquad-en": 0.975,
    "xquad-zh": 0.90,
    "xquad-vi": 0.95,
    "xquad-es": 0.94,
    "encyclopedia": 0.86,
}
# How near to its better half the mixture has to come, on sets with enough questions to tell.
_LEAST_OF_BETTER_HALF = 0.995
_DEPTH = 10


class PrecomputedEmbedder:
    """An embedder that knows its vectors; without any it is unreachable, so that only words are searched."""

    name = MiniLm.name
    dimensions = MiniLm.dimensions

    def __init__(self, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        self._vectors = {text.strip(): vector for text, vector in vectors.items()}

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if not self._vectors:
            raise Unreachable("switched off")
        return np.stack([self._vectors[text] for text in texts])


def ndcg(ranked: Sequence[str], grades: Mapping[str, int]) -> float:
    """Normalised discounted cumulative gain of the first ten, 0 to 1."""
    best = sorted(grades.values(), reverse=True)[:_DEPTH]
    ideal = sum(grade / math.log2(rank + 2) for rank, grade in enumerate(best))
    gained = sum(grades.get(each, 0) / math.log2(rank + 2) for rank, each in enumerate(ranked[:_DEPTH]))
    return gained / ideal if ideal > 0 else 0.0


def run() -> list[Entry]:
    sets = find_sets()
    return [*asyncio.run(_measure(sets)), *sets.skipped("search quality on large sets")]


async def _measure(sets: RetrievalSets) -> list[Row]:
    rows: list[Row] = []
    async with MiniLm() as model:
        for each in sets.read():
            async with empty_database() as database:
                rows += await _rows(each, database, model)
    return rows


async def _rows(given: RetrievalSet, database: Database, model: MiniLm) -> list[Row]:
    vectors = await cached_embeddings(model, list(given.documents.values()))
    questions = list(given.queries.values())
    known = dict(zip(questions, await cached_embeddings(model, questions), strict=True))
    passages = tuple(Passage(text=text, link=key) for key, text in given.documents.items())
    document = IndexableDocument(uri=f"bench:{given.name}", title=given.name, passages=passages)
    await store(PostgresSources(database=database, clock=SystemClock()), document, vectors, model.name)
    hybrid = PostgresRetriever(database=database, embedder=PrecomputedEmbedder(known), grasp=model.grasp)
    words = PostgresRetriever(database=database, embedder=PrecomputedEmbedder({}))
    both, lexical = await _quality(hybrid, given), await _quality(words, given)
    semantic = _exact_quality(given, known, vectors)
    key, name, unit = f"retrieval.{given.name}", given.name, "nDCG@10"
    needed = _LEAST_OF_BETTER_HALF if name in LARGE else None
    return [
        at_least(f"{key}.hybrid", f"{name}: hybrid", both, FLOORS[name], unit=unit, timed=False),
        Row(key=f"{key}.words", name=f"{name}: words alone", value=lexical, unit=unit, better="more", timed=False),
        Row(key=f"{key}.vectors", name=f"{name}: vectors alone", value=semantic, unit=unit, better="more", timed=False),
        against_peer(
            f"{key}.better-half",
            f"{name}: hybrid, against its better half",
            both,
            max(lexical, semantic),
            unit=unit,
            at_least=needed,
            timed=False,
        ),
    ]


async def _quality(retriever: Retriever, given: RetrievalSet) -> float:
    gained: list[float] = []
    for key, query in given.queries.items():
        hits = await retriever.search(query, owner="", limit=_DEPTH)
        gained.append(ndcg([hit.link for hit in hits], given.grades.get(key, {})))
    return float(np.mean(gained))


def _exact_quality(
    given: RetrievalSet, known: Mapping[str, NDArray[np.float32]], vectors: NDArray[np.float32]
) -> float:
    """Quality of an exact scan of the vectors."""
    ids = list(given.documents)
    gained: list[float] = []
    for key, query in given.queries.items():
        ranked = np.argsort(-(vectors @ known[query]), kind="stable")[:_DEPTH]
        gained.append(ndcg([ids[place] for place in ranked], given.grades.get(key, {})))
    return float(np.mean(gained))


if __name__ == "__main__":
    print_entries(run())
