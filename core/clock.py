"""Time and fresh ids, passed to whoever needs them."""

import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Protocol

Sleep = Callable[[float], Awaitable[None]]
"""Waits for a number of seconds; `asyncio.sleep` outside of tests."""


class Clock(Protocol):
    def now(self) -> datetime:
        """The time, always with its zone (UTC)."""
        ...

    def id(self) -> str:
        """A new id that nobody can guess and that sorts roughly by time."""
        ...


class SystemClock:
    """The machine's clock and random source."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def id(self) -> str:
        milliseconds = int(self.now().timestamp() * 1000)
        return f"{milliseconds:011x}{secrets.token_hex(8)}"
