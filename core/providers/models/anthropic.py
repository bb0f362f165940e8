"""Claude, and every server that speaks Anthropic's Messages API."""

import asyncio
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any, cast

from core.errors import Failure, Malformed, Unreachable
from core.ports.model import Chunk, Meter, Prompt
from core.providers.models.anthropic_request import request
from core.providers.models.anthropic_stream import AnthropicStream
from core.providers.models.effort import Effort
from core.providers.models.errors import from_status

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic, AsyncStream
    from anthropic.types import RawMessageStreamEvent

_CONNECT_SECONDS = 10.0


class AnthropicModel:
    """One model over `POST /v1/messages`, streamed. The SDK is loaded when it is first needed, in a thread.

    `silence` is how many seconds may pass without a byte. The SDK tries 429, 529 and 5xx again `retries`
    times, honouring `retry-after`, as long as nothing has been streamed. `effort` is how deeply the model thinks, empty
    for models that know no such thing.
    """

    def __init__(
        self,
        *,
        name: str,
        api_key: str,
        base_url: str = "",
        effort: Effort = "",
        silence: float = 90.0,
        retries: int = 2,
    ) -> None:
        self._name = name
        self._effort = effort
        self._api_key = api_key
        self._base_url = base_url or "https://api.anthropic.com"
        self._silence = silence
        self._retries = retries
        self._client: AsyncAnthropic | None = None
        self._opening = asyncio.Lock()

    @property
    def name(self) -> str:
        return self._name

    async def open(self) -> None:
        """Load the SDK and make the client now, so that the first answer need not wait for it (1.5 s)."""
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
            client = cast("AsyncAnthropic", self._client)
        reading = AnthropicStream(self._name)
        try:
            async with await _started(client, request(self._name, prompt, self._effort)) as stream:
                async for event in stream:
                    for chunk in reading.take(event):
                        yield chunk
        except Exception as error:
            failure = _failure(error)
            if failure is None:
                raise
            if reading.begun:
                yield Meter(usage=reading.estimate())
            raise failure from error
        if not reading.ended:
            yield Meter(usage=reading.estimate())
            raise Unreachable("the stream ended before the answer did")

    def _make(self) -> "AsyncAnthropic":
        import anthropic

        timeout = anthropic.Timeout(self._silence, connect=_CONNECT_SECONDS)
        return anthropic.AsyncAnthropic(
            api_key=self._api_key, base_url=self._base_url, timeout=timeout, max_retries=self._retries
        )


async def _started(client: "AsyncAnthropic", body: dict[str, Any]) -> "AsyncStream[RawMessageStreamEvent]":
    return await client.messages.create(**body, stream=True)


def _failure(error: Exception) -> Failure | None:
    """The SDK's four ways to break (status, error event, connection, raw transport) in our words."""
    import anthropic
    import httpx2

    match error:
        case Failure():
            return error
        case anthropic.APIStatusError():
            retry_after = error.response.headers.get("retry-after", "")
            return from_status(error.status_code, (str(error.type or ""),), retry_after, error.api_message or "")
        case anthropic.APIConnectionError() | httpx2.HTTPError():
            return Unreachable(type(error).__name__)
        case anthropic.APIError() | ValueError():
            return Malformed(f"the model server's answer makes no sense: {type(error).__name__}")
        case _:
            return None
