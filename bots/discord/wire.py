"""The SDK's way to the network, led to another address where one is set."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

from discord.http import HTTPClient, Route

_LONGEST_WAIT = 30.0


class Wire(HTTPClient):
    """Raises `RateLimited` where Discord asks to wait for more than half a minute; shorter waits are kept here, per bucket."""

    def __init__(self, *, api_url: str = "") -> None:
        super().__init__(asyncio.get_running_loop(), max_ratelimit_timeout=_LONGEST_WAIT)
        self._root = api_url.rstrip("/")

    async def request(self, route: Route, **rest: Any) -> Any:
        if self._root:
            route.url = route.url.replace("https://discord.com", self._root, 1)
        return await super().request(route, **rest)

    async def ws_connect(self, url: str, *, compress: int = 0) -> Any:
        """The SDK falls back to Discord's own gateway where a session has to begin anew."""
        if self._root and urlsplit(url).hostname == "gateway.discord.gg":
            root = urlsplit(self._root)
            url = f"{'wss' if root.scheme == 'https' else 'ws'}://{root.netloc}/gateway?{urlsplit(url).query}"
        return await super().ws_connect(url, compress=compress)
