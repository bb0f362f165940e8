"""A person in Discord: private messages with the bot, through the strict fake's gateway."""

from collections.abc import Awaitable, Callable
from typing import Any

from core.address import Address
from core.reply import Choice
from tests.fakes.discord import FakeDiscord

Taken = Callable[[Address, int], Awaitable[None]]
_VOICE_NOTE = 1 << 13


class DiscordPhone:
    """`taken` waits until so many events of this chat were received."""

    def __init__(self, api: FakeDiscord, taken: Taken, *, chat: int, locale: str) -> None:
        self.api = api
        self.room = api.room(str(chat))
        self.address = Address("discord", str(chat))
        self._wait = taken
        self._done = 0
        self._locale = locale

    async def says(self, text: str) -> None:
        await self._message(content=text)

    async def commands(self, name: str, **options: str) -> None:
        """Use a slash command."""
        filled = [{"name": key, "type": 3, "value": value} for key, value in options.items()]
        await self._asks(type=2, data={"id": "1", "type": 1, "name": name, "options": filled})

    async def taps(self, choice: Choice, receipt: str) -> None:
        message = self.room.messages[receipt]
        buttons = [button for row in message["components"] for button in row["components"]]
        (button,) = [button for button in buttons if button["label"] == choice.label]
        await self._asks(type=3, message=message, data={"component_type": 2, "custom_id": button["custom_id"]})

    async def speaks(self, sound: bytes) -> None:
        file = self._file("voice-message.ogg", "audio/ogg", sound)
        await self._message(content="", flags=_VOICE_NOTE, attachments=[{**file, "duration_secs": 1.0}])

    async def shares(self, name: str, mime: str, data: bytes) -> None:
        await self._message(content="", attachments=[self._file(name, mime, data)])

    async def shown(self, receipt: str) -> list[str]:
        return self.room.texts

    async def sound(self, receipt: str) -> bytes:
        """The voice note itself, or the one right above the question."""
        notes = [note["sound"] for note in self.room.messages.values() if note["id"] <= receipt and note.get("sound")]
        return notes[-1]

    async def interrupts(self, words: str) -> None:
        await self.says(words)

    async def glances(self) -> None:
        self.api.called.clear()
        await self.api.called.wait()

    def drafts(self) -> list[str]:
        return self.api.drawn

    def _file(self, name: str, mime: str, data: bytes) -> dict[str, Any]:
        self.api.files[name] = data
        url = f"{self.api.url}/files/{name}"
        return {"id": "1", "filename": name, "content_type": mime, "size": len(data), "url": url}

    async def _message(self, **content: Any) -> None:
        author = {"id": "7", "username": "lan", "global_name": "Lan"}
        said = {"id": self.api.snowflake(), "type": 0, "channel_id": self.room.id, "author": author, **content}
        await self._happens("MESSAGE_CREATE", said)

    async def _asks(self, **more: Any) -> None:
        asked = self.api.asks({"channel_id": self.room.id, "context": 1, "locale": self._locale, **more})
        await self._happens("INTERACTION_CREATE", asked)

    async def _happens(self, name: str, data: dict[str, Any]) -> None:
        self._done += 1
        await self.api.gateway.push(name, data)
        await self._wait(self.address, self._done)
