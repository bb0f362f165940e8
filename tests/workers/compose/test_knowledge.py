"""Ingestion with another embedding model: vectors are renewed after failures, and an endpoint's vectors get an index."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import text

from core.ingest import Ingest
from core.ports.knowledge import KnowledgeSource
from core.providers.embeddings.openai import OpenAIEmbeddings
from tests.fakes.messaging import Rung
from tests.fakes.openai_embeddings import DIMENSIONS, KEY, MODEL, FakeEmbeddings, Fault
from tests.storage.knowledge.library import Letters, document, put
from workers.compose import assembly
from workers.compose.knowledge import IngestWorker
from workers.compose.stores import Stores
from workers.settings import Settings


@pytest.fixture
async def stores(database_url: str, redis_url: str) -> AsyncIterator[Stores]:
    found = Stores(Settings(database_url=database_url, redis_url=redis_url))
    yield found
    await found.close()


class FlakyEmbedder(Letters):
    """A new model that fails the first time and sets `done` after embedding `texts` texts."""

    def __init__(self, texts: int) -> None:
        super().__init__(name="new")
        self.away = True
        self.left = texts
        self.done = asyncio.Event()

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        try:
            rows = await super().embed(texts)
        finally:
            self.away = False
        self.left -= len(texts)
        if self.left <= 0:
            self.done.set()
        return rows


async def test_vectors_of_another_model_are_renewed_in_the_background(stores: Stores) -> None:
    old, new = Letters(name="old"), FlakyEmbedder(100 + 40)
    for number in range(100):
        await put(stores.library, old, document(f"course:{number}", f"green tea {number}"))
    await put(stores.library, old, document("course:long", *(f"passage {number}" for number in range(40))))
    worker = IngestWorker(stores=stores, ingest=cast(Ingest, None), embedder=new, renew_seconds=0)
    stores.go(worker.run_renewal())
    async with asyncio.timeout(20):
        await new.done.wait()
        await worker.renew()
    assert await stores.library.outdated("new") == ()
    assert len(await stores.library.outdated("old", limit=200)) == 101


_INDEX = text("SELECT to_regclass(:name) AS found")


@pytest.fixture
async def endpoint() -> AsyncIterator[FakeEmbeddings]:
    async with FakeEmbeddings() as fake:
        yield fake


@pytest.fixture
async def model(endpoint: FakeEmbeddings) -> AsyncIterator[OpenAIEmbeddings]:
    """An endpoint's model whose dimensions are still unknown."""
    found = OpenAIEmbeddings(model=MODEL, api_key=KEY, base_url=endpoint.url, retries=0)
    yield found
    await found.close()


async def test_the_first_source_is_ingested_with_an_endpoints_model(stores: Stores, model: OpenAIEmbeddings) -> None:
    worker = assembly.build_ingest_worker(stores, wake=Rung(), embedder=model)
    blob = await stores.blobs.put(b"green tea\n\nblack tea", mime="text/plain")
    await stores.library.add(KnowledgeSource(id="s1", uri=blob, title="tea"))
    await worker.ingest_source("s1")
    (status,) = await stores.library.statuses("")
    assert status.state == "ready"


async def test_an_endpoints_vectors_get_their_index_after_a_failed_request(
    stores: Stores, endpoint: FakeEmbeddings, model: OpenAIEmbeddings
) -> None:
    endpoint.faults.append(Fault(500))
    worker = IngestWorker(stores=stores, ingest=cast(Ingest, None), embedder=model, renew_seconds=0)
    stores.go(worker.run_renewal())
    async with asyncio.timeout(20):
        while (await stores.database.run(_INDEX, {"name": f"ix_vectors_hnsw_{DIMENSIONS}"}))[0].found is None:
            pass
    assert endpoint.faults == []
