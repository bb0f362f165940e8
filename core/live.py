"""Signs of life that are held back, or go nowhere."""

import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from core.channel import LiveUpdates
from core.clock import Clock
from core.errors import Unreachable

_OWED_PACE = timedelta(seconds=0.2)


class AfterPendingReplies:
    """Signs of life held back while replies of turns before are on their way: what is half written would get into their places."""

    def __init__(self, live: LiveUpdates, *, owed: Callable[[], Awaitable[bool]], clock: Clock) -> None:
        self._live = live
        self._owed = owed
        self._clock = clock
        self._asks_at: datetime | None = clock.now()

    async def typing(self) -> None:
        if await self._free():
            await self._live.typing()

    async def status(self, text: str) -> None:
        if await self._free():
            await self._live.status(text)

    async def draft(self, text: str) -> None:
        if await self._free():
            await self._live.draft(text)

    async def _free(self) -> bool:
        """Asked again now and then until nothing is owed; the turn itself sends nothing before its end."""
        now = self._clock.now()
        if self._asks_at is None or now < self._asks_at:
            return self._asks_at is None
        self._asks_at = now + _OWED_PACE
        with contextlib.suppress(Unreachable):
            if not await self._owed():
                self._asks_at = None
        return self._asks_at is None


class NoLiveUpdates:
    """Signs of life of a channel that is switched off."""

    async def typing(self) -> None: ...

    async def status(self, text: str) -> None: ...

    async def draft(self, text: str) -> None: ...
