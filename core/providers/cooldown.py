"""Lets whoever did not answer rest for a while, so that nobody waits for them again and again."""

from datetime import datetime, timedelta

from core.clock import Clock


class Cooldown:
    """Who rests until when, by name."""

    def __init__(self, clock: Clock, length: timedelta) -> None:
        self._clock = clock
        self._length = length
        self._until: dict[str, datetime] = {}

    def begin(self, name: str) -> None:
        self._until[name] = self._clock.now() + self._length

    def holds(self, name: str) -> bool:
        until = self._until.get(name)
        return until is not None and self._clock.now() < until
