"""How good the answers of the search are: nDCG@10 on collections with relevance judgements.

The numbers in `core.rag.fusion` and `storage.knowledge.search` were chosen on Cranfield alone; the other sets check them. Two choices of
design were made with all sets in view (`docs/decisions/0002-embeddings.md`).
The folder of the sets is named by `SONA_BENCH_RETRIEVAL`.
"""

import asyncio
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.report import Row, at_least, show
from bench.stored import database, embedded, shelve
from core.clock import SystemClock
from core.errors import Unreachable
from core.ports.knowledge import IndexableDocument, Passage, Retriever
from core.providers.embeddings.minilm import MiniLm
from storage.engine.database import Database
from storage.knowledge.search import PostgresRetriever
from storage.knowledge.sources import PostgresSources

FLOORS = {"cranfield": 0.47, "xquad-en": 0.975, "xquad-zh": 0.90, "xquad-vi": 0.95, "xquad-es": 0.94}
_NOT_BELOW_HALVES = -0.005
_AT = 10


@dataclass(frozen=True, slots=True)
class Collection:
    name: str
    documents: Mapping[str, str]
    queries: Mapping[str, str]
    grades: Mapping[str, Mapping[str, int]]

    @classmethod
    def read(cls, folder: Path) -> "Collection":
        grades: dict[str, dict[str, int]] = {}
        for line in (folder / "qrels.tsv").read_text().splitlines():
            query, document, grade = line.split("\t")
            grades.setdefault(query, {})[document] = int(grade)
        return cls(folder.name, _texts(folder / "corpus.jsonl"), _texts(folder / "queries.jsonl"), grades)


class Given:
    """An embedder whose vectors are known already; with none it is away, so that words alone are searched."""

    name = MiniLm.name
    dimensions = MiniLm.dimensions

    def __init__(self, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        self._vectors = {text.strip(): vector for text, vector in vectors.items()}

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if not self._vectors:
            raise Unreachable("switched off")
        return np.stack([self._vectors[text] for text in texts])


def ndcg(ranked: Sequence[str], grades: Mapping[str, int]) -> float:
    """Normalised discounted cumulative gain of the first ten."""
    best = sorted(grades.values(), reverse=True)[:_AT]
    ideal = sum(grade / math.log2(place + 2) for place, grade in enumerate(best))
    gained = sum(grades.get(each, 0) / math.log2(place + 2) for place, each in enumerate(ranked[:_AT]))
    return gained / ideal if ideal > 0 else 0.0


async def measure(folder: Path, names: Sequence[str]) -> list[Row]:
    rows: list[Row] = []
    async with MiniLm() as model:
        for name in names:
            async with database() as opened:
                rows += await _collection(Collection.read(folder / name), opened, model)
    return rows


async def _collection(collection: Collection, opened: Database, model: MiniLm) -> list[Row]:
    texts = list(collection.documents.values())
    vectors = await embedded(model, texts)
    asked = list(collection.queries.values())
    known = dict(zip(asked, await embedded(model, asked), strict=True))
    passages = tuple(Passage(text=text, link=key) for key, text in collection.documents.items())
    document = IndexableDocument(uri=f"bench:{collection.name}", title=collection.name, passages=passages)
    await shelve(PostgresSources(database=opened, clock=SystemClock()), document, vectors, model.name)
    hybrid = PostgresRetriever(database=opened, embedder=Given(known), grasp=model.grasp)
    words = PostgresRetriever(database=opened, embedder=Given({}))
    both, lexical = await _quality(hybrid, collection), await _quality(words, collection)
    meaning = _exact(collection, known, vectors)
    name = collection.name
    return [
        at_least(f"{name}: hybrid", both, FLOORS[name], unit="nDCG@10"),
        Row(name=f"{name}: words alone", value=lexical, unit="nDCG@10"),
        Row(name=f"{name}: vectors alone", value=meaning, unit="nDCG@10"),
        at_least(f"{name}: hybrid − better half", both - max(lexical, meaning), _NOT_BELOW_HALVES),
    ]


async def _quality(retriever: Retriever, collection: Collection) -> float:
    gained: list[float] = []
    for key, query in collection.queries.items():
        hits = await retriever.search(query, owner="", limit=_AT)
        gained.append(ndcg([hit.link for hit in hits], collection.grades.get(key, {})))
    return float(np.mean(gained))


def _exact(collection: Collection, known: Mapping[str, NDArray[np.float32]], vectors: NDArray[np.float32]) -> float:
    ids = list(collection.documents)
    gained: list[float] = []
    for key, query in collection.queries.items():
        ranked = np.argsort(-(vectors @ known[query]), kind="stable")[:_AT]
        gained.append(ndcg([ids[place] for place in ranked], collection.grades.get(key, {})))
    return float(np.mean(gained))


def _texts(path: Path) -> dict[str, str]:
    lines = (json.loads(line) for line in path.read_text().splitlines())
    return {line["id"]: line["text"] for line in lines}


def run() -> list[Row]:
    """Nothing when the sets are not there."""
    folder = os.environ.get("SONA_BENCH_RETRIEVAL", "")
    return asyncio.run(measure(Path(folder), list(FLOORS))) if folder else []


if __name__ == "__main__":
    show(run())
