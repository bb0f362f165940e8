"""The `Channel` of Slack."""

import json
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace

from bots.delivery import CountFallback
from bots.slack import files, render, signed_value
from bots.slack.admission import Admission
from bots.slack.call import CallEvents, call_of
from bots.slack.client import SlackClient
from bots.slack.home_updates import HomeUpdates
from bots.slack.live import SlackLiveUpdates
from bots.slack.location import SlackLocation
from bots.slack.parse import SlackParser
from bots.slack.send import SlackSender
from bots.slack.streams import SlackStreams
from bots.slack.verify import is_signed
from bots.slack.welcome import Welcome
from bots.slack.wording import command_rewriter
from core.channel import Capabilities, LiveTarget, LiveUpdates, RateSpec, Request, WebhookResponse
from core.clock import Clock
from core.errors import Failure
from core.event import Event, Rated, Sender, Stopped
from core.media import Media
from core.outbound import OutboundMessage
from core.phrases import DEFAULT, phrase
from core.ports.blobs import Blobs

CAPABILITIES = Capabilities(
    text_limit=render.TEXT_LIMIT,
    formatted=True,
    buttons=render.MAX_BUTTONS,
    label_limit=render.LABEL_LIMIT,
    choice_bytes=signed_value.CHOICE_BYTES,
    voice=True,
    pictures=True,
    files=True,
    edits=True,
    typing=True,
    streaming=True,
    sources=True,
    chat_rate=RateSpec(limit=3, seconds=3),
)
"""Rate of docs.slack.dev/apis/web-api/rate-limits: one message a second per channel with short bursts; the limit per
workspace has no published number."""


class SlackChannel:
    """One app. `key` signs its buttons; Slack signs its calls with `signing_secret`."""

    name = "slack"
    capabilities = CAPABILITIES

    def __init__(
        self,
        *,
        client: SlackClient,
        key: bytes,
        signing_secret: str,
        commands: Collection[str],
        clock: Clock,
        blobs: Blobs,
        streams: SlackStreams,
        admission: Admission,
        welcome: Welcome,
        home_updates: HomeUpdates,
        count: CountFallback,
    ) -> None:
        self._client = client
        self._parser = SlackParser(key=key, commands=commands)
        self._signing_secret = signing_secret
        self._clock = clock
        self._streams = streams
        self._admission = admission
        self._welcome = welcome
        self._home_updates = home_updates
        self._count = count
        self._sender = SlackSender(
            client=client,
            key=key,
            blobs=blobs,
            streams=streams,
            count=count,
            rewrite_commands=command_rewriter(commands),
        )

    def verify(self, request: Request) -> bool:
        return is_signed(request, self._signing_secret, self._clock.now())

    def parse(self, request: Request) -> tuple[Event, ...]:
        call = self._parser.body(request.body, self._clock.now())
        return CallEvents(call.events, call)

    def read(self, kind: str, payload: object) -> tuple[Event, ...]:
        """Return the events of a Socket Mode envelope; raises `Malformed`."""
        call = self._parser.envelope(kind, payload, self._clock.now())
        return CallEvents(call.events, call)

    async def answer(self, events: tuple[Event, ...]) -> WebhookResponse | None:
        """Return the response to a URL verification; other calls get an empty one."""
        challenge = call_of(events).challenge
        return WebhookResponse(body=json.dumps({"challenge": challenge}).encode()) if challenge else None

    async def admit(self, events: tuple[Event, ...]) -> tuple[Event, ...]:
        """Return the events of workspaces that have the app installed, with the sender's locale."""
        call = call_of(events)
        return CallEvents(await self._admission.admit(events, call), call)

    async def acknowledge(self, events: tuple[Event, ...]) -> None:
        """Fill what a person opened, end a stopped session, and confirm a rating."""
        with suppress(Failure):
            await self._welcome.respond(call_of(events))
        for event in events:
            location = SlackLocation.of(event.address).in_thread(event.reply_thread)
            with suppress(Failure):
                if isinstance(event.body, Stopped) and location.thread:
                    await self._client.set_session_status(location, "active")
                if isinstance(event.body, Rated):
                    await self._thank(location, event.sender)

    async def _thank(self, location: SlackLocation, sender: Sender) -> None:
        """Confirm a rating, visible to the sender only."""
        private = replace(location, private_to=sender.id.partition(".")[2])
        await self._client.send_message(
            private, render.SlackMessage(text=phrase("slack.thanks", sender.locale or DEFAULT))
        )

    async def send(self, outbound: OutboundMessage, *, target: str = "") -> str:
        sent = await self._sender.send(outbound, target=target)
        self._home_updates.refresh(outbound.address)
        return sent

    async def fetch(self, media: Media) -> bytes:
        return await self._client.fetch(*files.split_ref(media.ref))

    def live(self, target: LiveTarget) -> LiveUpdates:
        return SlackLiveUpdates(
            target=target, client=self._client, clock=self._clock, streams=self._streams, count=self._count
        )

    async def close(self) -> None:
        await self._streams.close()
        await self._home_updates.close()
        await self._admission.close()
        await self._client.close()
