"""The `Channel` of Discord."""

import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from bots.delivery import CountFallback
from bots.discord import custom_id, render, threads
from bots.discord.client import FETCH_LIMIT, DiscordClient
from bots.discord.commands import Autocomplete, CommandSpec
from bots.discord.interactions import NewThread, OpenInteraction
from bots.discord.known_chats import KnownChats
from bots.discord.live import DiscordLiveUpdates, DiscordStreams
from bots.discord.location import DiscordLocation
from bots.discord.markdown import TEXT_LIMIT
from bots.discord.parse import DiscordParser, ParsedUpdate
from bots.discord.post import WebhookPost
from bots.discord.send import DiscordSender, EncodeVoiceNote
from bots.discord.verify import is_signed
from bots.discord.wording import DiscordBot
from core.address import Address
from core.channel import Capabilities, LiveTarget, LiveUpdates, RateSpec, Request, WebhookResponse
from core.clock import Clock
from core.errors import Failure, Refused
from core.event import Event, Stopped
from core.media import Media
from core.outbound import OutboundMessage
from core.ports.blobs import Blobs

CAPABILITIES = Capabilities(
    text_limit=TEXT_LIMIT,
    formatted=True,
    buttons=render.MAX_CHOICES,
    label_limit=render.LABEL_LIMIT,
    choice_bytes=custom_id.CHOICE_BYTES,
    voice=True,
    pictures=True,
    files=True,
    edits=True,
    typing=True,
    streaming=True,
    sources=True,
    chat_rate=RateSpec(limit=5, seconds=5),
    total_rate=RateSpec(limit=50, seconds=1),
)
"""Rates: Discord's headers allow 5 messages in 5 seconds per channel; 50 calls a second per bot is the global limit of
discord.com/developers/docs/topics/rate-limits."""
_MAX_OPEN_INTERACTIONS = 4096


class DiscordChannel:
    """One bot. `key` signs its buttons; interactions over HTTP must be signed for `public_key`."""

    name = "discord"
    capabilities = CAPABILITIES

    def __init__(
        self,
        *,
        client: DiscordClient,
        key: bytes,
        public_key: str,
        commands: Sequence[CommandSpec],
        autocomplete: Autocomplete,
        clock: Clock,
        blobs: Blobs,
        streams: DiscordStreams,
        encode_voice_note: EncodeVoiceNote,
        count: CountFallback,
    ) -> None:
        self._client = client
        self._parser = DiscordParser(
            bot=DiscordBot(), key=key, commands={command.id: command for command in commands}, autocomplete=autocomplete
        )
        self._public_key = public_key
        self._clock = clock
        self._streams = streams
        self._post = WebhookPost(client=client, streams=streams, clock=clock)
        self._sender = DiscordSender(
            post=self._post,
            key=key,
            blobs=blobs,
            streams=streams,
            clock=clock,
            encode_voice_note=encode_voice_note,
            count=count,
        )
        self._known_chats = KnownChats()
        self._open_interactions: OrderedDict[str, OpenInteraction] = OrderedDict()

    async def identify(self) -> str:
        """Look up the bot's id, without which mentions of it are not recognized, and return its user name."""
        bot_id, username = await self._client.identify()
        self._parser = replace(self._parser, bot=DiscordBot(id=bot_id))
        return username

    def verify(self, request: Request) -> bool:
        return is_signed(request, self._public_key)

    def parse(self, request: Request) -> tuple[Event, ...]:
        return self._tracked(self._parser.body(request.body))

    def read(self, name: str, data: object) -> tuple[Event, ...]:
        """Return the events of a gateway dispatch; raises `Malformed`. An interaction without events is responded to immediately."""
        update = self._parser.dispatch(name, data)
        if update.interaction is not None and not update.events:
            self._streams.start(self._send_response(update.interaction))
            update = replace(update, interaction=None)
        return self._tracked(update)

    def _tracked(self, update: ParsedUpdate) -> tuple[Event, ...]:
        """Remember the interaction for `answer` or `respond`.

        One without an event has the key ""; `answer` takes it before the next request is parsed.
        """
        if update.interaction is not None:
            self._open_interactions[update.interaction.event_id] = update.interaction
        if len(self._open_interactions) > _MAX_OPEN_INTERACTIONS:
            self._open_interactions.popitem(last=False)
        return self._known_chats.resolve_removals(update, self._clock.now())

    def _pop_open(self, events: tuple[Event, ...]) -> list[OpenInteraction]:
        event_ids = [*(event.id for event in events), ""]
        return [self._open_interactions.pop(name) for name in event_ids if name in self._open_interactions]

    async def answer(self, events: tuple[Event, ...]) -> WebhookResponse | None:
        """Return the first response to an interaction: an acknowledgement, a deferred message, or a link to its new thread."""
        for interaction in self._pop_open(events):
            response, events = await self._first_response(interaction, events)
            return WebhookResponse(body=json.dumps(response).encode(), events=events)
        return None

    def opens_thread(self, events: tuple[Event, ...]) -> bool:
        """Return whether `respond` has to open a thread for one of the events, which takes an API call."""
        return any(
            (interaction := self._open_interactions.get(event.id)) is not None and interaction.new_thread
            for event in events
        )

    async def respond(self, events: tuple[Event, ...]) -> tuple[Event, ...]:
        """Send the first response to interactions from the gateway; call it after every `read`. Return the events to store.

        Does not wait for the network, except to open a thread (see `opens_thread`).
        """
        for interaction in self._pop_open(events):
            response, events = await self._first_response(interaction, events)
            self._streams.start(self._send_response(replace(interaction, response=response)))
        return events

    async def acknowledge(self, events: tuple[Event, ...]) -> None:
        await self.respond(events)

    async def _first_response(
        self, interaction: OpenInteraction, events: tuple[Event, ...]
    ) -> tuple[Mapping[str, Any], tuple[Event, ...]]:
        """Return the response and the events to store, which are addressed to the new thread if one was opened."""
        if interaction.new_thread is not None:
            thread = await threads.open_thread(
                self._client, interaction, interaction.new_thread, start=self._streams.start
            )
            if thread is not None:
                return self._continue_in_thread(interaction.new_thread, thread), tuple(
                    replace(event, address=thread) for event in events
                )
        await self._remember_interaction(interaction)
        return interaction.response, (
            *events,
            *[also for event in events if (also := await self._private_stop(event)) is not None],
        )

    async def _private_stop(self, event: Event) -> Event | None:
        """For a stop in a server channel, return another one for the sender's private conversation there, if its token is valid.

        It is quiet unless an answer is due in that conversation.
        """
        private = replace(DiscordLocation.of(event.address), private_to=event.sender.id).address
        stops = isinstance(event.body, Stopped) and event.group
        if not stops or not await self._streams.interaction_token(private, self._clock.now()):
            return None
        answer_due = (await self._streams.draft(private)).message
        return replace(event, id=f"{event.id}:only", address=private, group=False, body=Stopped(quiet=not answer_due))

    def _continue_in_thread(self, new_thread: NewThread, thread: Address) -> Mapping[str, Any]:
        self._streams.start(threads.add_member(self._client, thread, new_thread.user))
        return threads.thread_link(thread, new_thread.locale)

    async def _send_response(self, interaction: OpenInteraction) -> None:
        with suppress(Failure):
            await self._client.respond(interaction.id, interaction.token, interaction.response)

    async def _remember_interaction(self, interaction: OpenInteraction) -> None:
        """Store the token and make the deferred message the draft; delete the previous draft, which nothing would replace."""
        if interaction.address is None:
            return
        if before := await self._streams.remember_interaction(interaction, self._clock.now()):
            self._streams.start(self._delete(interaction.address, before))

    async def _delete(self, address: Address, message: str) -> None:
        with suppress(Failure):
            await self._client.delete(address, message)

    async def send(self, outbound: OutboundMessage, *, target: str = "") -> str:
        return await self._sender.send(outbound, target=target)

    async def fetch(self, media: Media) -> bytes:
        if media.size > FETCH_LIMIT:
            raise Refused("the file is larger than 25 MB")
        return await self._client.fetch(media.ref)

    def live(self, target: LiveTarget) -> LiveUpdates:
        return DiscordLiveUpdates(address=target.address, post=self._post, clock=self._clock, streams=self._streams)

    async def wait_for_calls(self) -> None:
        """Wait for the API calls that run in the background."""
        await self._streams.close()

    async def close(self) -> None:
        await self.wait_for_calls()
        await self._client.close()
