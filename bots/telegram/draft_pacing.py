"""How often a half-written answer may be drawn, so that a group's whole one still goes out."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta

MOST = 8
"""Draws in a group in any minute: they count among the 20 messages that Telegram allows there, and the others are for answers."""
_MINUTE = timedelta(minutes=1)
_FIRST = timedelta(seconds=3)
_MORE = timedelta(seconds=1.5)
_REMEMBERED = 4096


class DraftPacing:
    """Remembers when each group was drawn in; the more it was lately, the longer until the next time."""

    def __init__(self) -> None:
        self._drawn: OrderedDict[str, deque[datetime]] = OrderedDict()

    def due(self, chat: str, now: datetime) -> bool:
        """Whether there may be a draw now; if so, it counts."""
        drawn = self._drawn.setdefault(chat, deque())
        while drawn and now - drawn[0] >= _MINUTE:
            drawn.popleft()
        if drawn and (len(drawn) >= MOST or now - drawn[-1] < _FIRST + len(drawn) * _MORE):
            return False
        drawn.append(now)
        self._drawn.move_to_end(chat)
        if len(self._drawn) > _REMEMBERED:
            self._drawn.popitem(last=False)
        return True
