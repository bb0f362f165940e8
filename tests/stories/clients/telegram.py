"""A person in Telegram: a chat of the strict fake."""

from collections.abc import Awaitable, Callable
from typing import Any

from bots.telegram.quiz import sent
from core.address import Address
from core.reply import Choice
from tests.fakes.telegram import BOT, FakeTelegram

LAN = 7
Taken = Callable[[Address, int], Awaitable[None]]


class TelegramPhone:
    """`taken` waits until so many events of this chat were received."""

    mention = f"@{BOT['username']}"

    def __init__(self, api: FakeTelegram, taken: Taken, *, chat: int, locale: str) -> None:
        self.api = api
        self.chat = api.chat(chat, "private" if chat > 0 else "supergroup")
        self.address = Address("telegram", str(chat))
        self._wait = taken
        self._done = 0
        self._locale = locale

    async def says(self, text: str) -> None:
        await self.writes(text)
        await self._taken()

    async def murmurs(self, words: str) -> None:
        """Somebody says something to the others in a group."""
        await self.writes(words, sender=8, name="Minh")
        await self._taken()

    async def writes(self, text: str, *, sender: int = LAN, name: str = "Lan", **more: Any) -> None:
        """Somebody writes; what is not for Sona is never waited for."""
        place = text.find(f"@{BOT['username']}")
        if place >= 0:
            more["entities"] = [{"type": "mention", "offset": place, "length": len(BOT["username"]) + 1}]
        await self._message(sender, name, text=text, **more)

    async def greets(self) -> None:
        await self.says("/start")

    async def stops(self) -> None:
        await self.says("/stop")

    async def presses_stop(self) -> None:
        self._done += 1
        await self.api.stops(self.chat.id)
        await self._taken()

    async def writes_answer(self, words: str, receipt: str) -> None:
        await self.says(words)

    def asked(self, receipt: str) -> str:
        if sent(receipt) is not None:
            return "poll"
        return "buttons" if self.chat.buttons(int(receipt)) else "words"

    async def file(self, receipt: str) -> bytes:
        return self.api.files[self.chat.messages[int(receipt)]["document"]["file_id"]][1]

    async def taps(self, choice: Choice, receipt: str, *, sender: int = LAN) -> None:
        self._done += 1
        if (poll := sent(receipt)) is not None:
            await self.api.votes(choice.label, int(poll.message), self.chat.id, sender)
            return await self._taken()
        number = int(receipt)
        (button,) = [b for b in self.chat.buttons(number) if b["text"] == choice.label]
        await self.api.taps_data(button["callback_data"], number, self.chat.id)
        return await self._taken()

    async def votes(self, choice: Choice, message: int) -> None:
        """Answer in the poll of this message."""
        self._done += 1
        await self.api.votes(choice.label, message, self.chat.id)
        await self._taken()

    async def speaks(self, sound: bytes) -> None:
        ref = self.api.keep(sound, f"voice/file_{len(self.api.files)}.oga")
        file = {"file_id": ref, "file_unique_id": "U", "duration": 1, "mime_type": "audio/ogg", "file_size": len(sound)}
        await self._message(LAN, "Lan", voice=file)
        await self._taken()

    async def shares(self, name: str, mime: str, data: bytes, **beside: str) -> None:
        """`beside` may be a `caption` and a `media_group_id`."""
        ref = self.api.keep(data, f"documents/{name}")
        file = {
            "file_id": ref,
            "file_unique_id": "U",
            "file_name": name,
            "mime_type": mime,
            "file_size": len(data),
        }
        await self._message(LAN, "Lan", document=file, **beside)
        await self._taken()

    async def sends(self, **content: Any) -> None:
        """Send what is neither words nor a file."""
        await self._message(LAN, "Lan", **content)
        await self._taken()

    async def shows(self, name: str, *, album: str, caption: str = "") -> None:
        """Send a picture as one of several."""
        ref = self.api.keep(name.encode(), f"photos/{name}.jpg")
        size = {"file_id": ref, "file_unique_id": "U", "width": 1, "height": 1, "file_size": len(name)}
        words = {"caption": caption} if caption else {}
        await self._message(LAN, "Lan", photo=[size], media_group_id=album, **words)
        await self._taken()

    async def edits(self, text: str, number: int) -> None:
        """Change what was written before."""
        self._done += 1
        await self.api.edits(text, number, self.chat.id)
        await self._taken()

    async def arrived(self) -> None:
        await self._taken()

    async def shown(self, receipt: str) -> list[str]:
        return self.chat.texts

    async def sound(self, receipt: str) -> bytes:
        message = self.chat.messages[int(receipt)]
        return self.api.files[(message.get("voice") or message["audio"])["file_id"]][1]

    async def interrupts(self, words: str) -> None:
        await self.says(words)

    async def glances(self) -> None:
        self.api.called.clear()
        await self.api.called.wait()

    def drafts(self) -> list[str]:
        return [call.text("text") for call in self.api.made("sendMessageDraft")]

    async def _taken(self) -> None:
        await self._wait(self.address, self._done)

    async def _message(self, sender: int, name: str, **content: Any) -> None:
        self._done += 1
        person = {"id": sender, "is_bot": False, "first_name": name, "language_code": self._locale}
        chat = {"id": self.chat.id, "type": self.chat.kind}
        number = self.api.next_message()
        message = {"message_id": number, "date": 1700000000, "chat": chat, "from": person, **content}
        await self.api.push({"message": message})
