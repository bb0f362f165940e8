"""Ingestion and retrieval: the embedder, the courses as sources, and the ingest worker."""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import numpy as np

from core.errors import Failure, Malformed
from core.ingest import Ingest
from core.learn.catalogue import Catalogue
from core.ports.documents import Fetched
from core.ports.knowledge import Embedder, IndexableDocument, KnowledgeSource, Retriever
from core.providers.embeddings.minilm import MiniLm
from core.rag.chunk import searched
from storage.knowledge.search import PostgresRetriever
from workers.compose.stores import Stores
from workers.settings import Settings

_log = logging.getLogger(__name__)
_BATCH = 32


def embedder(settings: Settings) -> Embedder:
    """Return the built-in model, or the endpoint's model named by `SONA_EMBEDDINGS`."""
    if settings.embeddings == "local":
        return MiniLm()
    from core.providers.embeddings.openai import OpenAIEmbeddings

    return OpenAIEmbeddings(
        model=settings.embeddings, api_key=settings.openai_api_key, base_url=settings.openai_base_url
    )


def retriever(stores: Stores, model: Embedder) -> Retriever:
    if isinstance(model, MiniLm):
        return PostgresRetriever(database=stores.database, embedder=model, grasp=model.grasp)
    return PostgresRetriever(database=stores.database, embedder=model)


def course_loader(catalogue: Catalogue) -> Callable[[KnowledgeSource], Awaitable[Fetched]]:
    """Return a loader of course documents by the URI that `course_uri` built."""
    documents = {course_uri(document): document for document in catalogue.documents()}

    async def load(source: KnowledgeSource) -> Fetched:
        document = documents.get(source.uri)
        if document is None:
            raise Malformed(f"no course has {source.uri}")
        return Fetched(data=_markdown(document).encode(), mime="text/markdown", title=document.title, url="")

    return load


def course_uri(document: IndexableDocument) -> str:
    """Return the document's URI with a digest of its content, so that a changed document is ingested again."""
    digest = hashlib.sha256(_markdown(document).encode()).hexdigest()[:12]
    return f"{document.uri}@{digest}"


def _markdown(document: IndexableDocument) -> str:
    parts = [f"## {passage.section}\n\n{passage.text}" for passage in document.passages]
    return "\n\n".join([f"# {document.title}", *parts])


@dataclass(frozen=True, kw_only=True)
class IngestWorker:
    """Ingests sources and keeps vectors current; `ingest_source` never raises a `Failure`."""

    stores: Stores
    ingest: Ingest
    embedder: Embedder
    renew_seconds: float = 60.0

    async def ingest_source(self, source: str) -> None:
        try:
            await self.ingest(source)
        except Failure as error:
            _log.warning("ingesting source %s failed, will retry: %s", source, type(error).__name__)

    async def sync_courses(self, catalogue: Catalogue) -> None:
        """Add new and changed course documents to the library and remove outdated ones."""
        library = self.stores.library
        wanted = {course_uri(document): document for document in catalogue.documents()}
        known = {status.uri: status.id for status in await library.statuses("", limit=10_000)}
        for name, source in known.items():
            if name.startswith("course:") and name not in wanted:
                await library.remove(source, owner="")
        for name, document in wanted.items():
            if name not in known:
                await library.add(KnowledgeSource(id=self.stores.clock.id(), uri=name, title=document.title))
        self.ingest.wake.reading(await library.unclaimed(self.stores.clock.now()))

    async def run_renewal(self) -> None:
        """Create the index for this model's vectors and re-embed passages of other models until cancelled."""
        prepared = 0
        while True:
            try:
                prepared = prepared or await self._prepare_index()
                await self.renew()
            except Failure as error:
                _log.warning("renewing vectors failed, will retry: %s", type(error).__name__)
            await asyncio.sleep(self.renew_seconds)

    async def renew(self) -> None:
        """Re-embed all passages that have another model's vectors. Raises `Unreachable`; finished sources stay renewed."""
        while sources := await self.stores.library.outdated(self.embedder.name):
            for source in sources:
                await self._renew_source(source)

    async def _prepare_index(self) -> int:
        """Create the index and return the vectors' dimensions, which an endpoint reveals only with its first vector."""
        if not self.embedder.dimensions:
            await self.embedder.embed(["toki"])
        await self.stores.library.create_vector_index(self.embedder.dimensions)
        return self.embedder.dimensions

    async def _renew_source(self, source: str) -> None:
        kept = await self.stores.library.stored(source)
        if kept is None:
            return
        texts = [searched(passage) for passage in kept.passages]
        rows = [await self.embedder.embed(texts[start : start + _BATCH]) for start in range(0, len(texts), _BATCH)]
        await self.stores.library.replace_vectors(kept, np.concatenate(rows), self.embedder.name)
