"""Completes parsed events before they are stored: checks the install, corrects the address, adds the sender's locale."""

from dataclasses import replace

from bots.slack.call import ParsedCall
from bots.slack.directory import Directory
from bots.slack.location import SlackLocation
from bots.slack.streams import SlackStreams
from bots.slack.tokens import SlackTokens
from core.event import Event, Joined, Stopped
from core.ports.count import Count
from core.ports.overview import Identities


class Admission:
    """The steps of `AdmittingChannel.admit` for Slack; they run before storage so that the first answer has the right language."""

    def __init__(
        self,
        *,
        tokens: SlackTokens,
        directory: Directory,
        streams: SlackStreams,
        identities: Identities | None,
        count: Count,
    ) -> None:
        self._tokens = tokens
        self._directory = directory
        self._streams = streams
        self._identities = identities
        self._count = count

    async def admit(self, events: tuple[Event, ...], call: ParsedCall) -> tuple[Event, ...]:
        """Return the events to store. Raises `core.errors` if Slack must send the call again."""
        if call.app_removed is not None:
            await self._tokens.app_removed(call.app_removed.team, call.app_removed.at)
        if not events:
            return ()
        team = events[0].address.chat.partition(".")[0]
        if not await self._tokens.is_installed(team):
            self._count("event_uninstalled", channel="slack")
            return ()
        kept = [event for event in events if not await self._already_known(event)]
        if call.from_any_channel:
            kept = [found for event in kept for found in await self._relocated(event)]
        return tuple([await self._with_locale(event, team) for event in kept])

    async def close(self) -> None:
        await self._directory.close()

    async def _already_known(self, event: Event) -> bool:
        """Return whether a known person only opened the conversation again, which Slack reports every time."""
        if self._identities is None or not isinstance(event.body, Joined):
            return False
        return await self._identities.learner("slack", event.sender.id) is not None

    async def _relocated(self, event: Event) -> tuple[Event, ...]:
        """Return the event at the addresses it is meant for.

        An event from a direct conversation, which may be one between two other people, moves to the sender's own with the
        bot. A stop command in a channel also applies to the threads there in which Sona works for the sender.
        """
        location, user = SlackLocation.of(event.address), event.sender.id.partition(".")[2]
        if location.direct:
            channel = await self._directory.direct_channel(location.team, user)
            return (
                replace(event, address=SlackLocation(team=location.team, channel=channel or location.channel).address),
            )
        if not isinstance(event.body, Stopped):
            return (event,)
        running = await self._streams.running_threads(location, user)
        threads = [
            replace(event, id=f"{event.id}/{number}", address=address, group=True)
            for number, address in enumerate(running, 1)
        ]
        private_runs = not threads or (await self._streams.draft(event.address)).working
        return (event, *threads) if private_runs else tuple(threads)

    async def _with_locale(self, event: Event, team: str) -> Event:
        user = event.sender.id.partition(".")[2]
        if not event.addressed:
            await self._directory.wait_for_lookup(team, user)
            return event
        locale = await self._directory.locale(team, user)
        return replace(event, sender=replace(event.sender, locale=locale)) if locale else event
