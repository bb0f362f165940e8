"""How often Slack lets an app call a method in a workspace, and how much of it may go into what can be lost."""

from collections import deque
from datetime import datetime, timedelta

from core.clock import Clock

_MINUTE = timedelta(minutes=1)
_LIVE_LIMITS = {"chat.startStream": 15, "chat.update": 35, "agents.sessions.setStatus": 35, "chat.appendStream": 90}
"""Calls a minute, out of the 20 of tier 2, the 50 of tier 3 and the 100 of tier 4 (docs.slack.dev/apis/web-api/rate-limits): the rest is for answers. Each stream that is started takes one of the 20 of chat.stopStream, too."""


class RateTiers:
    """Counts the calls of the last minute, for this process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._calls: dict[tuple[str, str], deque[datetime]] = {}

    def record(self, team: str, method: str) -> None:
        if method in _LIVE_LIMITS:
            self._recent(team, method).append(self._clock.now())

    def has_spare_calls(self, team: str, method: str) -> bool:
        """Whether a call more would leave enough for answers."""
        return method not in _LIVE_LIMITS or len(self._recent(team, method)) < _LIVE_LIMITS[method]

    def _recent(self, team: str, method: str) -> deque[datetime]:
        calls = self._calls.setdefault((team, method), deque(maxlen=100))
        while calls and self._clock.now() - calls[0] >= _MINUTE:
            calls.popleft()
        return calls
