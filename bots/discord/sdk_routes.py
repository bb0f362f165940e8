"""The SDK's HTTP client with a configurable address and visible rate limits."""

import asyncio
from copy import copy
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientSession, TraceConfig, TraceRequestEndParams
from discord import RateLimited
from discord.http import HTTPClient, Route

_MAX_WAIT = 30.0
_EXEMPT = ("/interactions/", "/webhooks/")
"""Routes that do not count towards the global rate limit (docs.discord.com/developers/interactions/receiving-and-responding)."""


class GloballyRateLimited(RateLimited):
    """Discord asks the whole bot to wait longer than `_MAX_WAIT`."""


@dataclass(slots=True)
class _GlobalWait:
    """The time (of the event loop) until which the last response asked the whole bot to wait; 0 for no wait."""

    until: float = 0.0


class DiscordHttp(HTTPClient):
    """Waits out rate limits per bucket; raises `RateLimited` for waits of more than `_MAX_WAIT` seconds."""

    def __init__(self, *, api_url: str = "") -> None:
        super().__init__(asyncio.get_running_loop(), http_trace=_tracing(), max_ratelimit_timeout=_MAX_WAIT)
        self._root = api_url.rstrip("/")
        self._exempt = self

    async def static_login(self, token: str) -> Any:
        """Open the connections; exempt routes share them through a copy that never waits for the global limit."""
        me = await super().static_login(token)
        self._exempt = copy(self)
        self._exempt._global_over = asyncio.Event()
        self._exempt._global_over.set()
        return me

    async def request(self, route: Route, **options: Any) -> Any:
        """Make a call. If it is cancelled during a global wait, release the calls behind it when the wait ends, which the SDK forgets."""
        if self._root:
            route.url = route.url.replace("https://discord.com", self._root, 1)
        client = self._exempt if route.path.startswith(_EXEMPT) else self
        global_wait = _GlobalWait()
        try:
            return await HTTPClient.request(client, route, trace_request_ctx=global_wait, **options)
        except RateLimited as error:
            if global_wait.until:
                raise GloballyRateLimited(error.retry_after) from error
            raise
        except asyncio.CancelledError:
            if global_wait.until:
                self.loop.call_at(global_wait.until, client._global_over.set)
            raise

    async def ws_connect(self, url: str, *, compress: int = 0) -> Any:
        """Connect to the gateway at the configured address; for new sessions the SDK falls back to Discord's own."""
        if self._root and urlsplit(url).hostname == "gateway.discord.gg":
            root = urlsplit(self._root)
            url = f"{'wss' if root.scheme == 'https' else 'ws'}://{root.netloc}/gateway?{urlsplit(url).query}"
        return await super().ws_connect(url, compress=compress)


def _tracing() -> TraceConfig:
    """Record global waits from response headers, because the SDK's errors do not contain them."""

    async def on_request_end(_: ClientSession, context: SimpleNamespace, answer: TraceRequestEndParams) -> None:
        global_wait, headers = context.trace_request_ctx, answer.response.headers
        if isinstance(global_wait, _GlobalWait):
            is_global = answer.response.status == 429 and "X-RateLimit-Global" in headers
            global_wait.until = (
                asyncio.get_running_loop().time() + _seconds(headers.get("Retry-After")) if is_global else 0.0
            )

    tracing = TraceConfig()
    tracing.on_request_end.append(on_request_end)
    return tracing


def _seconds(header: str | None) -> float:
    try:
        return max(float(header or 0), 0.0)
    except ValueError:
        return 0.0
