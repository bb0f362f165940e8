"""Embeddings from OpenAI, and from every server that speaks its `/v1/embeddings`."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.errors import Failure, Malformed, Unreachable
from core.providers.models.errors import from_status

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_AT_ONCE = 64
_CONNECT_SECONDS = 10.0
_OPENAI = "https://api.openai.com/v1"


class OpenAIEmbeddings:
    """One model over `POST <base_url>/embeddings`; `base_url` ends in `/v1`, empty means OpenAI's own.

    `dimensions` asks for shorter vectors where the model can give them; 0 takes what it gives, which is known
    after the first answer. The SDK is loaded when it is first needed, in a thread. It tries 429 and 5xx again `retries` times.
    """

    def __init__(
        self,
        *,
        model: str,
        api_key: str = "",
        base_url: str = "",
        dimensions: int = 0,
        patience: float = 60.0,
        retries: int = 2,
    ) -> None:
        self.name = f"{model}/{dimensions}" if dimensions else model
        self._model = model
        self._asked = self._dimensions = dimensions
        self._api_key = api_key or "none"
        self._base_url = base_url or _OPENAI
        self._patience = patience
        self._retries = retries
        self._client: AsyncOpenAI | None = None
        self._opening = asyncio.Lock()

    @property
    def dimensions(self) -> int:
        return self._dimensions

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """A unit-length row for each text, asked for 64 at a time.

        Raises `Throttled`, `Unreachable`, `Refused`, or `Malformed` when the answer is not a vector of the same length for each text.
        """
        rows = [await self._some(texts[start : start + _AT_ONCE]) for start in range(0, len(texts), _AT_ONCE)]
        return np.concatenate(rows) if rows else np.zeros((0, self._dimensions), np.float32)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _some(self, texts: Sequence[str]) -> NDArray[np.float32]:
        import openai

        client = await self._open()
        try:
            answer = await client.embeddings.create(
                model=self._model,
                input=[text if text.strip() else "." for text in texts],
                encoding_format="float",
                dimensions=self._asked or openai.omit,
            )
        except (openai.OpenAIError, ValueError) as error:
            raise _failure(error) from error
        listed = sorted(answer.data or (), key=lambda each: each.index)
        return self._rows([each.embedding for each in listed], len(texts))

    def _rows(self, listed: Sequence[Sequence[float]], count: int) -> NDArray[np.float32]:
        size = self._dimensions or (len(listed[0]) if listed else 0)
        if len(listed) != count or not size or any(len(row) != size for row in listed):
            raise Malformed(f"the embedding model gave {len(listed)} vectors for {count} texts, or of another length")
        self._dimensions = size
        rows = np.array(listed, np.float32)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return rows / np.maximum(lengths, 1e-12, dtype=np.float32)

    async def _open(self) -> "AsyncOpenAI":
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(self._make)
            return self._client

    def _make(self) -> "AsyncOpenAI":
        import openai

        timeout = openai.Timeout(self._patience, connect=_CONNECT_SECONDS)
        return openai.AsyncOpenAI(
            api_key=self._api_key, base_url=self._base_url, timeout=timeout, max_retries=self._retries
        )


def _failure(error: Exception) -> Failure:
    import openai

    match error:
        case openai.APIStatusError():
            kinds = tuple(str(kind) for kind in (error.code, error.type) if kind)
            return from_status(error.status_code, kinds, error.response.headers.get("retry-after", ""), error.message)
        case openai.APIConnectionError():
            return Unreachable(f"the embedding model did not answer: {type(error).__name__}")
        case _:
            return Malformed("the embedding model's answer makes no sense")
