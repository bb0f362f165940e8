"""Cached lookups of people's locales and of their direct conversations with the bot."""

import asyncio
from collections import OrderedDict
from datetime import datetime, timedelta

from bots.slack.client import SlackClient
from core.clock import Clock
from core.errors import Failure, Refused

_TIMEOUT = 0.8
_CACHE_TIME = timedelta(hours=6)
_PAUSE = timedelta(seconds=30)
_MAX_PEOPLE = 20_000

WorkspaceUser = tuple[str, str]
"""A workspace's id and a user's id."""


class Directory:
    """Looks up each person once in six hours, and pauses a workspace for 30 seconds after a failed lookup."""

    def __init__(self, *, client: SlackClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._known: OrderedDict[WorkspaceUser, tuple[str, datetime]] = OrderedDict()
        self._lookups: dict[WorkspaceUser, asyncio.Task[str]] = {}
        self._direct_channels: OrderedDict[WorkspaceUser, str] = OrderedDict()
        self._paused_until: dict[str, datetime] = {}

    async def locale(self, team: str, user: str) -> str:
        """Return a BCP 47 tag, or an empty string if Slack does not respond within 0.8 s of the 3 s that it waits for us.

        Concurrent lookups of a person share one call, so that their events keep their order.
        """
        person, now = (team, user), self._clock.now()
        known = self._known.get(person)
        if known is not None and now < known[1]:
            return known[0]
        if person not in self._lookups:
            if (until := self._paused_until.get(team)) is not None and now < until:
                return known[0] if known else ""
            self._lookups[person] = asyncio.create_task(self._look_up(person))
            self._lookups[person].add_done_callback(lambda _: self._lookups.pop(person, None))
        return await asyncio.shield(self._lookups[person])

    async def wait_for_lookup(self, team: str, user: str) -> None:
        """Wait for a running lookup of the person."""
        if (lookup := self._lookups.get((team, user))) is not None:
            await asyncio.shield(lookup)

    async def direct_channel(self, team: str, user: str) -> str:
        """Return the id of the direct conversation, or an empty string if the lookup fails."""
        if not self._direct_channels.get((team, user)):
            try:
                async with asyncio.timeout(_TIMEOUT):
                    location = await self._client.direct_conversation(team, user)
            except (Failure, TimeoutError):
                return ""
            self._direct_channels[team, user] = location.channel
            if len(self._direct_channels) > _MAX_PEOPLE:
                self._direct_channels.popitem(last=False)
        return self._direct_channels[team, user]

    async def close(self) -> None:
        await asyncio.gather(*self._lookups.values(), return_exceptions=True)

    async def _look_up(self, person: WorkspaceUser) -> str:
        """Never raises."""
        known, now = self._known.get(person, ("", None)), self._clock.now()
        try:
            async with asyncio.timeout(_TIMEOUT):
                locale = await self._client.locale(*person)
        except Refused:
            locale = ""
        except (Failure, TimeoutError):
            self._paused_until[person[0]] = now + _PAUSE
            return known[0]
        self._paused_until.pop(person[0], None)
        self._known[person] = (locale, now + _CACHE_TIME)
        if len(self._known) > _MAX_PEOPLE:
            self._known.popitem(last=False)
        return locale
