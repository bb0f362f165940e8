"""Slack, connected to the fake."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bots.slack import Settings, Slack, connect
from core.address import Address
from core.channel import Channel, Request
from core.media import Media
from tests.bots.slack.conftest import Shelf
from tests.contracts.channels import Calls
from tests.fakes.clock import ManualClock
from tests.fakes.slack import SECRET, TOKEN, FakeSlack, event, signed_headers


@dataclass
class SlackHarness:
    app: Slack
    api: FakeSlack
    shelf: Shelf
    clock: ManualClock
    address: Address = field(default_factory=lambda: Address("slack", "T1.D1", "1699999999.000001"))
    can_leave: bool = True

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

    async def sound(self) -> Media:
        return Media(ref=await self.shelf.put(b"OggS", mime="audio/ogg"), mime="audio/ogg", seconds=1.0)

    def leave(self) -> None:
        self.api.channels["D1"].refusal = "account_inactive"


@asynccontextmanager
async def open_harness() -> AsyncGenerator[SlackHarness]:
    shelf, clock = Shelf(), ManualClock()
    async with FakeSlack() as api:
        api.channel("D1")
        app = connect(
            Settings(token=TOKEN, signing_secret=SECRET, api_url=api.url),
            secret_key=b"secret",
            clock=clock,
            blobs=shelf,
            count=_ignored,
        )
        try:
            yield SlackHarness(app=app, api=api, shelf=shelf, clock=clock)
        finally:
            await app.close()


def _ignored(name: str, /, **labels: str) -> None:
    """Nothing is asked of the counters here."""
