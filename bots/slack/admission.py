"""Lets events in: those of workspaces that have the app, each with the language of who sent it."""

from dataclasses import replace

from bots.slack.directory import Directory
from bots.slack.reading import Ended
from bots.slack.tokens import Tokens
from core.event import Event
from core.ports.count import Count


class Admission:
    """Asked before an event is kept, so that whoever writes for the first time is answered in their language."""

    def __init__(self, *, tokens: Tokens, directory: Directory, count: Count) -> None:
        self._tokens = tokens
        self._directory = directory
        self._count = count

    async def admit(self, events: tuple[Event, ...], ended: Ended | None) -> tuple[Event, ...]:
        """The events to keep; `ended` is a workspace to forget. Raises `core.errors` where Slack has to call again."""
        if ended is not None:
            await self._tokens.ended(ended.team, ended.at)
        if not events:
            return ()
        team = events[0].address.chat.partition(".")[0]
        if not await self._tokens.known(team):
            self._count("event_uninstalled", channel="slack")
            return ()
        return tuple([await self._introduced(event, team) for event in events])

    async def _introduced(self, event: Event, team: str) -> Event:
        if not event.addressed:
            return event
        locale = await self._directory.locale(team, event.sender.id.partition(".")[2])
        return replace(event, sender=replace(event.sender, locale=locale)) if locale else event
