"""Limits live updates per method and workspace, so that Slack's rate limits still allow answers."""

from collections import deque
from datetime import datetime, timedelta

from core.clock import Clock

_MINUTE = timedelta(minutes=1)
_LIVE_LIMITS = {"chat.startStream": 15, "chat.update": 35, "agents.sessions.setStatus": 35, "chat.appendStream": 90}
"""Calls a minute after which live updates pause, out of 20 in tier 2, 50 in tier 3 and 100 in tier 4
(docs.slack.dev/apis/web-api/rate-limits). Each started stream also needs one of the 20 calls of chat.stopStream."""


class RateTiers:
    """Counts this process's calls of the last minute."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._calls: dict[tuple[str, str], deque[datetime]] = {}

    def record(self, team: str, method: str) -> None:
        if method in _LIVE_LIMITS:
            self._recent(team, method).append(self._clock.now())

    def has_spare_calls(self, team: str, method: str) -> bool:
        """Return whether another live update leaves enough calls for answers."""
        return method not in _LIVE_LIMITS or len(self._recent(team, method)) < _LIVE_LIMITS[method]

    def _recent(self, team: str, method: str) -> deque[datetime]:
        calls = self._calls.setdefault((team, method), deque(maxlen=100))
        while calls and self._clock.now() - calls[0] >= _MINUTE:
            calls.popleft()
        return calls
