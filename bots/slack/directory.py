"""What Slack tells of people: their languages, and where they talk to the bot."""

import asyncio
from collections import OrderedDict
from datetime import datetime, timedelta

from bots.slack.client import SlackClient
from core.clock import Clock
from core.errors import Failure, Refused

_PATIENCE = 0.8
_REMEMBER = timedelta(hours=6)
_SILENCE = timedelta(seconds=30)
_MOST = 20_000

SlackProfile = tuple[str, str]
"""A workspace and a user."""


class Directory:
    """Asks for each person once in six hours, and for nobody of a workspace for half a minute after Slack has not answered."""

    def __init__(self, *, client: SlackClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._known: OrderedDict[SlackProfile, tuple[str, datetime]] = OrderedDict()
        self._asking: dict[SlackProfile, asyncio.Task[str]] = {}
        self._homes: OrderedDict[SlackProfile, str] = OrderedDict()
        self._mute: dict[str, datetime] = {}

    async def locale(self, team: str, user: str) -> str:
        """A BCP 47 tag, or nothing where Slack does not tell within 0.8 s (it waits 3 s for our answer).

        Who asks while somebody else does waits for the same answer, so that nobody overtakes.
        """
        person, now = (team, user), self._clock.now()
        known = self._known.get(person)
        if known is not None and now < known[1]:
            return known[0]
        if person not in self._asking:
            if (until := self._mute.get(team)) is not None and now < until:
                return known[0] if known else ""
            self._asking[person] = asyncio.create_task(self._asked(person))
            self._asking[person].add_done_callback(lambda _: self._asking.pop(person, None))
        return await asyncio.shield(self._asking[person])

    async def settled(self, team: str, user: str) -> None:
        """Wait while somebody is being asked for."""
        if (asking := self._asking.get((team, user))) is not None:
            await asyncio.shield(asking)

    async def home(self, team: str, user: str) -> str:
        """The channel of the bot and a person, or nothing where Slack does not tell."""
        if not self._homes.get((team, user)):
            try:
                async with asyncio.timeout(_PATIENCE):
                    place = await self._client.direct(team, user)
            except (Failure, TimeoutError):
                return ""
            self._homes[team, user] = place.channel
            if len(self._homes) > _MOST:
                self._homes.popitem(last=False)
        return self._homes[team, user]

    async def close(self) -> None:
        await asyncio.gather(*self._asking.values(), return_exceptions=True)

    async def _asked(self, person: SlackProfile) -> str:
        """Never raises."""
        known, now = self._known.get(person, ("", None)), self._clock.now()
        try:
            async with asyncio.timeout(_PATIENCE):
                locale = await self._client.locale(*person)
        except Refused:
            locale = ""
        except (Failure, TimeoutError):
            self._mute[person[0]] = now + _SILENCE
            return known[0]
        self._mute.pop(person[0], None)
        self._known[person] = (locale, now + _REMEMBER)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return locale
