"""A clock that stands still until it is moved, with ids that count up."""

from datetime import UTC, datetime, timedelta


class ManualClock:
    def __init__(self, start: datetime = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)) -> None:
        self._now = start
        self._ids = 0

    def now(self) -> datetime:
        return self._now

    def id(self) -> str:
        self._ids += 1
        return f"id{self._ids:06d}"

    def pass_(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
