"""OpenAI, and every server that speaks its chat completions."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any, cast

from core.errors import Failure, Malformed, Unreachable
from core.ports.model import Chunk, Meter, Prompt
from core.providers.models.errors import from_status
from core.providers.models.openai_request import request
from core.providers.models.openai_stream import OpenAIStream

if TYPE_CHECKING:
    from openai import AsyncOpenAI, AsyncStream
    from openai.types.chat import ChatCompletionChunk

_CONNECT_SECONDS = 10.0
_OPENAI = "https://api.openai.com/v1"


class OpenAIModel:
    """One model over `POST /chat/completions`, streamed. The SDK is loaded when it is first needed, in a thread.

    `base_url` ends with the version (`http://127.0.0.1:11434/v1`); a server of one's own needs no key.
    `silence` is how many seconds may pass without a byte.
    """

    def __init__(
        self, *, name: str, api_key: str = "", base_url: str = "", silence: float = 90.0, retries: int = 2
    ) -> None:
        self._name = name
        self._api_key = api_key or "none"
        self._base_url = base_url or _OPENAI
        self._limit = "max_completion_tokens" if self._base_url.rstrip("/") == _OPENAI else "max_tokens"
        self._silence = silence
        self._retries = retries
        self._client: AsyncOpenAI | None = None
        self._opening = asyncio.Lock()

    @property
    def name(self) -> str:
        return self._name

    async def open(self) -> None:
        """Load the SDK and make the client now, so that the first answer need not wait for it."""
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(self._make)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def complete(self, prompt: Prompt) -> AsyncGenerator[Chunk]:
        client = self._client
        if client is None:
            await self.open()
            client = cast("AsyncOpenAI", self._client)
        body = request(self._name, prompt, self._limit)
        reading = OpenAIStream(self._name, asked=len(json.dumps(body, ensure_ascii=False)))
        try:
            async with await _started(client, body) as stream:
                async for piece in stream:
                    for chunk in reading.take(piece):
                        yield chunk
            for chunk in reading.end():
                yield chunk
        except Exception as error:
            failure = _failure(error)
            if failure is None:
                raise
            if reading.begun:
                yield Meter(usage=reading.estimate())
            raise failure from error

    def _make(self) -> "AsyncOpenAI":
        import openai

        timeout = openai.Timeout(self._silence, connect=_CONNECT_SECONDS)
        return openai.AsyncOpenAI(
            api_key=self._api_key, base_url=self._base_url, timeout=timeout, max_retries=self._retries
        )


async def _started(client: "AsyncOpenAI", body: dict[str, Any]) -> "AsyncStream[ChatCompletionChunk]":
    return await client.chat.completions.create(**body, stream=True)


def _failure(error: Exception) -> Failure | None:
    """The SDK's ways to break, an error inside a stream and a raw transport error among them, in our words."""
    import httpx2
    import openai

    match error:
        case Failure():
            return error
        case openai.APIStatusError():
            retry_after = error.response.headers.get("retry-after", "")
            return from_status(error.status_code, _kinds(error), retry_after, error.message)
        case openai.APIConnectionError() | httpx2.HTTPError():
            return Unreachable(type(error).__name__)
        case openai.APIResponseValidationError():
            return Malformed("the model server's answer makes no sense")
        case openai.APIError():
            return from_status(200, _kinds(error), "", error.message)
        case ValueError():
            return Malformed("the model server's answer is no JSON")
        case _:
            return None


def _kinds(error: Any) -> tuple[str, ...]:
    return tuple(str(kind) for kind in (error.code, error.type) if kind)
