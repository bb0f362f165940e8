"""Telegram, connected to the fake Bot API."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bots.telegram import Telegram, TelegramSettings, connect
from bots.telegram.verify import HEADER
from core.address import Address
from core.channel import Channel, Request
from core.event import Event
from core.media import Media
from tests.bots.telegram.conftest import Shelf
from tests.contracts.channels import Calls, Counted, Shown
from tests.fakes.clock import ManualClock
from tests.fakes.telegram import TOKEN, FakeTelegram

_SECRET = {HEADER: "s3cret"}


@dataclass
class TelegramHarness:
    bot: Telegram
    api: FakeTelegram
    shelf: Shelf
    address: Address = field(default_factory=lambda: Address("telegram", "7"))
    can_leave: bool = True
    counted: list[str] = field(default_factory=list[str])
    folder: str = "telegram"

    @property
    def channel(self) -> Channel:
        return self.bot.channel

    @property
    def calls(self) -> Calls:
        broken = tuple(
            Request(body=body, headers=_SECRET) for body in (b"", b"{", b"\xff", b"[]", b'{"update_id": "x"}')
        )
        return Calls(
            said=_said,
            forged=Request(body=_said("toki").body, headers={HEADER: "guessed"}),
            unknown=Request(body=b'{"update_id": 5, "quantum_message": {}}', headers=_SECRET),
            broken=broken,
        )

    async def seen(self) -> list[str]:
        return self.api.chats[7].texts

    async def buttons(self) -> list[str]:
        chat = self.api.chats[7]
        return [button["text"] for button in chat.buttons(max(chat.messages))]

    async def picture(self) -> Media:
        data, mime = b"\x89PNG", "image/png"
        return Media(ref=await self.shelf.put(data, mime=mime), mime=mime, name="kili.png")

    async def sound(self) -> Media:
        return Media(ref=await self.shelf.put(b"OggS", mime="audio/ogg"), mime="audio/ogg", seconds=1.0)

    async def shown(self) -> Shown:
        await self.bot.channel.settled()
        messages = self.api.chats[7].messages.values()
        return Shown(
            polls=sum("poll" in each for each in messages),
            sounds=sum("voice" in each or "audio" in each for each in messages),
            files=sum("photo" in each or "document" in each for each in messages),
            typed=bool(self.api.made("sendChatAction")),
            drafts=tuple(call.text("text") for call in self.api.made("sendMessageDraft")),
        )

    async def takes(self, recorded: Mapping[str, Any]) -> tuple[Event, ...]:
        return self.channel.parse(Request(body=json.dumps(recorded["update"]).encode(), headers=_SECRET))

    def leave(self) -> None:
        self.api.chats[7].refusal = "bot was blocked by the user"


def _said(words: str) -> Request:
    message = {
        "message_id": 1,
        "date": 1700000000,
        "chat": {"id": 7, "type": "private"},
        "from": {"id": 7, "is_bot": False, "first_name": "Lan"},
        "text": words,
    }
    return Request(body=json.dumps({"update_id": 5, "message": message}).encode(), headers=_SECRET)


@asynccontextmanager
async def open_harness() -> AsyncGenerator[TelegramHarness]:
    shelf, counted = Shelf(), Counted()
    async with FakeTelegram() as api:
        api.chat(7)
        bot = connect(
            TelegramSettings(token=TOKEN, api_url=api.url, webhook_secret="s3cret"),
            secret_key=b"secret",
            clock=ManualClock(),
            blobs=shelf,
            count=counted,
        )
        try:
            await bot.channel.identify()
            yield TelegramHarness(bot=bot, api=api, shelf=shelf, counted=counted.forms)
        finally:
            await bot.close()
