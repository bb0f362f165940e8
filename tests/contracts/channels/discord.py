"""The contract harness of Discord, connected to the fake API."""

import hmac
import json
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bots.discord import Discord, DiscordSettings, connect, custom_id, forms
from core.address import Address
from core.channel import Channel, Request
from core.event import Event
from core.media import Media
from tests.bots.discord.conftest import DiscordBlobs, voice_note
from tests.contracts.channels import Calls, Counted, Shown
from tests.fakes.clock import ManualClock
from tests.fakes.discord import TOKEN, FakeDiscord
from tests.fakes.discord_rules import Answer

SECRET = b"secret"


_VOICE_NOTE = 1 << 13


@dataclass
class DiscordHarness:
    bot: Discord
    api: FakeDiscord
    blobs: DiscordBlobs
    address: Address = field(default_factory=lambda: Address("discord", "7"))
    can_leave: bool = True
    counted: list[str] = field(default_factory=list[str])
    folder: str = "discord"

    @property
    def channel(self) -> Channel:
        return self.bot.channel

    @property
    def calls(self) -> Calls:
        broken = tuple(self._signed(body) for body in (b"", b"{", b"\xff", b"[]", b'{"type": "x"}'))
        said = self._said("toki")
        return Calls(
            said=self._said,
            forged=Request(body=said.body + b" ", headers=said.headers),
            unknown=self._signed(b'{"type": 77, "id": "5", "token": "t"}'),
            broken=broken,
        )

    def _said(self, words: str) -> Request:
        """Return a submitted form, the only text that comes over HTTP."""
        field = {"type": 4, "custom_id": "words", "value": words}
        choice = custom_id.encode(
            forms.form_choice("q1"), self.address, hmac.digest(SECRET, b"discord buttons", "sha256")
        )
        form = {"custom_id": choice, "components": [{"type": 18, "component": field}]}
        interaction = {"type": 5, "id": "1300000000000000001", "token": "t", "channel_id": "7", "data": form}
        person = {"id": "7", "username": "lan"}
        return self._signed(json.dumps({**interaction, "user": person, "context": 1}).encode())

    def _signed(self, body: bytes) -> Request:
        signature = self.api.key.sign(b"1700000000" + body).signature.hex()
        return Request(body=body, headers={"x-signature-ed25519": signature, "x-signature-timestamp": "1700000000"})

    async def seen(self) -> list[str]:
        return [re.sub(r"\\(.)", r"\1", text) for text in self.api.channel().texts]

    async def buttons(self) -> list[str]:
        return [each["label"] for button in self.api.channel().buttons for each in button.get("options", [button])]

    async def picture(self) -> Media:
        data, mime = b"\x89PNG", "image/png"
        return Media(ref=await self.blobs.put(data, mime=mime), mime=mime, name="kili.png")

    async def sound(self) -> Media:
        return Media(ref=await self.blobs.put(b"OggS", mime="audio/ogg"), mime="audio/ogg", seconds=1.0)

    async def shown(self) -> Shown:
        await self.bot.channel.wait_for_calls()
        sounds = sum(bool(each["flags"] & _VOICE_NOTE) for each in self.api.channel().messages.values())
        return Shown(
            sounds=sounds,
            files=len(self.api.uploads) - sounds,
            drafts=tuple(self.api.contents),
            typed=self.api.channel().typing_calls > 0,
        )

    async def takes(self, recorded: Mapping[str, Any]) -> tuple[Event, ...]:
        """Parse a recording as a gateway dispatch."""
        return self.bot.channel.read(recorded["name"], recorded["data"])

    def leave(self) -> None:
        self.api.channel().refusal = Answer(403, "Cannot send messages to this user", 50007)


@asynccontextmanager
async def open_harness() -> AsyncGenerator[DiscordHarness]:
    blobs, counted = DiscordBlobs(), Counted()
    async with FakeDiscord() as api:
        api.channel()
        bot = connect(
            DiscordSettings(token=TOKEN, api_url=api.url, public_key=api.public_key),
            secret_key=SECRET,
            clock=ManualClock(),
            blobs=blobs,
            encode_voice_note=voice_note,
            count=counted,
        )
        try:
            await bot.channel.identify()
            yield DiscordHarness(bot=bot, api=api, blobs=blobs, counted=counted.forms)
        finally:
            await bot.close()
