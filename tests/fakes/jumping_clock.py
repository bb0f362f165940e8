"""An event loop whose time leaps to whatever comes next, so that hours of waiting pass at once."""

import asyncio
import selectors
from typing import Any


class _Leaping(selectors.SelectSelector):
    """Waits for nothing: what would have been waited is added to `leapt`."""

    leapt = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("everybody waits and nothing will ever happen")
            self.leapt += max(timeout, 0)
        return ready


class LeapingLoop(asyncio.SelectorEventLoop):
    """For code that waits by the loop's own timers and for no socket."""

    def __init__(self) -> None:
        self._leaping = _Leaping()
        super().__init__(self._leaping)

    def time(self) -> float:
        return self._leaping.leapt
