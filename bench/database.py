"""A Postgres with Sona's tables for search benchmarks, and embeddings cached between runs."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.environment import embedded_servers
from core.ports.knowledge import Embedder, IndexableDocument, KnowledgeSource
from storage.engine.database import Database
from storage.knowledge.sources import PostgresSources

CACHE = Path(__file__).parent / "results" / "vectors"


@asynccontextmanager
async def empty_database() -> AsyncGenerator[Database]:
    """An empty database on a temporary server."""
    async with embedded_servers() as settings:
        database = Database(settings.database_url)
        try:
            yield database
        finally:
            await database.close()


async def cached_embeddings(embedder: Embedder, texts: Sequence[str], *, cache: Path = CACHE) -> NDArray[np.float32]:
    """The texts' vectors, read from a file when the same texts were embedded before."""
    digest = hashlib.sha256("\0".join((embedder.name, *texts)).encode()).hexdigest()[:24]
    path = cache / f"{digest}.npy"
    if path.exists():
        return np.load(path)
    vectors = await embedder.embed(texts)
    await asyncio.to_thread(_save, path, vectors)
    return vectors


async def store(
    sources: PostgresSources, document: IndexableDocument, vectors: NDArray[np.float32], embedder: str
) -> None:
    """Add a document as a source of its own and index it."""
    source = await sources.add(
        KnowledgeSource(id=document.uri, uri=document.uri, title=document.title, owner=document.owner)
    )
    await sources.store(source, document, vectors, embedder)


def _save(path: Path, vectors: NDArray[np.float32]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, vectors)
