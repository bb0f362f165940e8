"""What every embedder keeps to, and what is particular to each."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest

from core.errors import Failure, Malformed, Refused, Throttled, Unreachable
from core.ports.knowledge import Embedder
from core.providers.embeddings.minilm import MiniLm, batches
from core.providers.embeddings.openai import OpenAIEmbeddings
from tests.fakes.openai_embeddings import DIMENSIONS, KEY, MODEL, FakeEmbeddings, Fault

ODD = ["", " ", "\n", "🦊", "a\0b", "é" * 3, "漢字かな", "word " * 3000]


@pytest.fixture(scope="module")
def minilm() -> Iterator[MiniLm]:
    model = MiniLm()
    yield model
    model.close()


@pytest.fixture
async def fake() -> AsyncIterator[FakeEmbeddings]:
    async with FakeEmbeddings() as fake:
        yield fake


@pytest.fixture
async def remote(fake: FakeEmbeddings) -> AsyncIterator[OpenAIEmbeddings]:
    embedder = OpenAIEmbeddings(model=MODEL, api_key=KEY, base_url=fake.url, retries=0)
    yield embedder
    await embedder.close()


@pytest.fixture(params=["minilm", "remote"])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    return request.getfixturevalue(request.param)


async def test_every_text_gets_a_row_of_length_one_in_its_place(embedder: Embedder) -> None:
    texts = ["a cat sat on the mat", "zebra", "a cat sat on the mat", *(f"number {n} of many" for n in range(70))]
    rows = await embedder.embed(texts)
    assert rows.shape == (len(texts), embedder.dimensions)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert rows[0] @ rows[2] > 0.9999
    assert np.allclose(rows[1], (await embedder.embed(["zebra"]))[0], atol=1e-5)


async def test_no_texts_give_no_rows(embedder: Embedder) -> None:
    assert (await embedder.embed([])).shape[0] == 0


async def test_odd_texts_have_vectors_too(embedder: Embedder) -> None:
    rows = await embedder.embed(ODD)
    assert rows.shape[0] == len(ODD)
    assert np.isfinite(rows).all()


async def test_minilm_knows_what_is_near(minilm: MiniLm) -> None:
    question, near, far = await minilm.embed(
        ["How do I make tea?", "Boil water and pour it over the leaves.", "The stock market fell on Monday."]
    )
    assert question @ near > question @ far + 0.2


async def test_minilm_gives_the_vectors_that_torch_gives(minilm: MiniLm) -> None:
    (row,) = await minilm.embed(["The quick brown fox jumps over the lazy dog."])
    known = np.array([0.04393351, 0.05893440, 0.04817837, 0.07754812, 0.02674438, -0.03762956], np.float32)
    assert np.allclose(row[:6], known, atol=1e-5)


async def test_minilm_reads_the_first_256_pieces(minilm: MiniLm) -> None:
    long, longer = await minilm.embed(["tea " * 254, "tea " * 254 + "and then the stock market fell"])
    assert long @ longer > 0.9999


async def test_minilm_lets_the_loop_run_and_a_question_pass(minilm: MiniLm) -> None:
    documents = asyncio.create_task(minilm.embed(["word " * 250] * 12))
    await asyncio.sleep(0)
    await minilm.embed(["a short question"])
    assert not documents.done()
    assert (await documents).shape == (12, 384)


async def test_minilm_says_how_much_of_a_language_it_knows(minilm: MiniLm) -> None:
    english = await minilm.grasp("Where is the next train station?")
    spanish = await minilm.grasp("¿Dónde está la próxima estación de tren?")
    chinese = await minilm.grasp("最近的火车站在哪里？")
    assert english == 1.0
    assert chinese == 0.0
    assert chinese < spanish < english
    assert await minilm.grasp("") == 1.0


async def test_minilm_refuses_weights_that_are_not_the_known_ones(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    async with MiniLm(folder=tmp_path) as model:
        with pytest.raises(Refused):
            await model.embed(["hello"])


async def test_minilm_refuses_a_folder_without_weights(tmp_path: Path) -> None:
    async with MiniLm(folder=tmp_path) as model:
        with pytest.raises(Refused):
            await model.embed(["hello"])


def test_batches_hold_every_text_once_and_few_pieces() -> None:
    lengths = [3, 300, 7, 7, 256, 256, 1, 90]
    grouped = list(batches(lengths, 512))
    assert sorted(place for group in grouped for place in group) == list(range(len(lengths)))
    for group in grouped:
        assert len(group) == 1 or len(group) * max(lengths[place] for place in group) <= 512


async def test_a_shorter_vector_is_asked_for_and_named(fake: FakeEmbeddings) -> None:
    embedder = OpenAIEmbeddings(model=MODEL, api_key=KEY, base_url=fake.url, dimensions=8)
    assert (await embedder.embed(["hello"])).shape == (1, 8)
    assert embedder.name == f"{MODEL}/8"
    assert fake.requests[0]["dimensions"] == 8
    await embedder.close()


async def test_a_models_dimensions_are_known_after_its_first_answer(remote: OpenAIEmbeddings) -> None:
    await remote.embed(["hello"])
    assert remote.dimensions == DIMENSIONS


@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        (Fault(status=429, kind="rate_limit_error", code="rate_limit_exceeded", retry_after="7"), Throttled),
        (Fault(status=429, kind="insufficient_quota", code="insufficient_quota"), Refused),
        (Fault(status=503), Unreachable),
        (Fault(status=403, kind="permission_error"), Refused),
        (Fault(status=400, kind="invalid_request_error"), Malformed),
        (Fault(status=200, body="no json"), Malformed),
        (Fault(status=200, body='{"object": "list", "data": [], "model": "m"}'), Malformed),
        (Fault(status=200, body='{"error": "loading"}'), Malformed),
        (
            Fault(status=200, body='{"object": "list", "data": [{"index": 0, "embedding": [1, 0]}], "model": "m"}'),
            Malformed,
        ),
    ],
    ids=lambda value: f"{value.status}-{value.kind}-{len(value.body)}" if isinstance(value, Fault) else "",
)
async def test_a_servers_fault_is_said_in_our_words(
    fake: FakeEmbeddings, remote: OpenAIEmbeddings, fault: Fault, failure: type[Failure]
) -> None:
    await remote.embed(["before"])
    fake.faults.append(fault)
    with pytest.raises(failure) as caught:
        await remote.embed(["hello"])
    assert type(caught.value) is failure
    if isinstance(caught.value, Throttled):
        assert caught.value.retry_after == 7


async def test_a_server_that_is_away_is_unreachable() -> None:
    embedder = OpenAIEmbeddings(model=MODEL, api_key=KEY, base_url="http://127.0.0.1:9/v1", retries=0)
    with pytest.raises(Unreachable):
        await embedder.embed(["hello"])
    await embedder.close()


async def test_a_wrong_key_is_refused(fake: FakeEmbeddings) -> None:
    embedder = OpenAIEmbeddings(model=MODEL, api_key="wrong", base_url=fake.url)
    with pytest.raises(Refused):
        await embedder.embed(["hello"])
    await embedder.close()
