"""The contract harness of Slack, connected to the fake API."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from bots.slack import Slack, SlackSettings, connect
from core.address import Address
from core.channel import Channel, Request
from core.event import Event
from core.media import Media
from tests.bots.slack.conftest import SlackBlobs
from tests.contracts.channels import Calls, Counted, Shown
from tests.fakes.clock import ManualClock
from tests.fakes.slack import SECRET, TOKEN, FakeSlack, event, signed_headers


@dataclass
class SlackHarness:
    app: Slack
    api: FakeSlack
    blobs: SlackBlobs
    clock: ManualClock
    address: Address = field(default_factory=lambda: Address("slack", "T1.D1"))
    can_leave: bool = True
    counted: list[str] = field(default_factory=list[str])
    folder: str = "slack"

    @property
    def channel(self) -> Channel:
        return self.app.channel

    def _call(self, body: bytes, secret: str = SECRET) -> Request:
        return Request(body=body, headers=signed_headers(body, self.clock.now().timestamp(), secret))

    def _said(self, words: str) -> bytes:
        content = {
            "type": "message",
            "channel_type": "im",
            "channel": "D1",
            "user": "U7",
            "text": words,
            "ts": "1700000000.000100",
            "thread_ts": "1699999999.000001",
        }
        return json.dumps(event(content)).encode()

    @property
    def calls(self) -> Calls:
        bodies = (
            b"",
            b"{",
            b"\xff",
            b"[]",
            b'{"type": 5}',
            b'{"type": "event_callback", "team_id": "T1"}',
            b"payload=x",
        )
        return Calls(
            said=lambda words: self._call(self._said(words)),
            forged=self._call(self._said("toki"), "guessed"),
            unknown=self._call(json.dumps(event({"type": "quantum_moved"})).encode()),
            broken=tuple(map(self._call, bodies)),
        )

    async def seen(self) -> list[str]:
        return self.api.channels["D1"].texts

    async def buttons(self) -> list[str]:
        channel = self.api.channels["D1"]
        return [button["text"]["text"] for button in channel.buttons(max(channel.messages))]

    async def picture(self) -> Media:
        data, mime = b"\x89PNG", "image/png"
        return Media(ref=await self.blobs.put(data, mime=mime), mime=mime, name="kili.png")

    async def sound(self) -> Media:
        return Media(ref=await self.blobs.put(b"OggS", mime="audio/ogg"), mime="audio/ogg", seconds=1.0)

    async def shown(self) -> Shown:
        started = [call["chunks"][0].get("text", "") for call in self.api.calls_of("chat.startStream")]
        names = [
            self.api.files[each["file"]][0] for each in self.api.channels["D1"].messages.values() if "file" in each
        ]
        sounds = sum(name.endswith(".ogg") for name in names)
        drafts = tuple(started + [call["text"] for call in self.api.calls_of("chat.update")])
        pictures = sum(
            block["type"] == "image"
            for each in self.api.channels["D1"].messages.values()
            for block in each.get("blocks") or ()
        )
        statuses = [call["status"] for call in self.api.calls_of("agents.sessions.setStatus")]
        typed = "processing" in statuses
        return Shown(sounds=sounds, files=len(names) - sounds + pictures, drafts=drafts, typed=typed)

    async def takes(self, recorded: Mapping[str, Any]) -> tuple[Event, ...]:
        payload = recorded["payload"]
        match recorded["kind"]:
            case "events_api":
                body = json.dumps(payload)
            case "interactive":
                body = urlencode({"payload": json.dumps(payload)})
            case _:
                body = urlencode(payload)
        return self.channel.parse(self._call(body.encode()))

    def leave(self) -> None:
        self.api.channels["D1"].refusal = "account_inactive"


@asynccontextmanager
async def open_harness() -> AsyncGenerator[SlackHarness]:
    blobs, clock, counted = SlackBlobs(), ManualClock(), Counted()
    async with FakeSlack() as api:
        api.channel("D1")
        app = connect(
            SlackSettings(token=TOKEN, signing_secret=SECRET, api_url=api.url),
            secret_key=b"secret",
            clock=clock,
            blobs=blobs,
            count=counted,
            commands=("quiz", "help", "stop"),
        )
        try:
            yield SlackHarness(app=app, api=api, blobs=blobs, clock=clock, counted=counted.forms)
        finally:
            await app.close()
