"""The languages of people, as they have set them in Slack."""

import asyncio
from collections import OrderedDict
from datetime import datetime, timedelta

from bots.slack.client import Client
from core.clock import Clock
from core.errors import Failure, Refused

_PATIENCE = 0.8
_REMEMBER = timedelta(hours=6)
_SILENCE = timedelta(seconds=30)
_MOST = 20_000


class Directory:
    """Asks for each person once in six hours, and for nobody of a workspace for half a minute after Slack has not answered."""

    def __init__(self, *, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._known: OrderedDict[tuple[str, str], tuple[str, datetime]] = OrderedDict()
        self._mute: dict[str, datetime] = {}

    async def locale(self, team: str, user: str) -> str:
        """A BCP 47 tag, or nothing where Slack does not tell within 0.8 s (it waits 3 s for our answer)."""
        now = self._clock.now()
        known = self._known.get((team, user))
        if known is not None and now < known[1]:
            return known[0]
        if (until := self._mute.get(team)) is not None and now < until:
            return known[0] if known else ""
        try:
            async with asyncio.timeout(_PATIENCE):
                locale = await self._client.locale(team, user)
        except Refused:
            locale = ""
        except (Failure, TimeoutError):
            self._mute[team] = now + _SILENCE
            return known[0] if known else ""
        self._mute.pop(team, None)
        self._known[team, user] = (locale, now + _REMEMBER)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return locale
