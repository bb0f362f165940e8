"""A person in Discord: direct messages with the bot, over the strict fake's gateway."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from core.address import Address
from core.reply import Choice
from tests.fakes.discord import BOT, FakeDiscord

WaitForEvents = Callable[[Address, int], Awaitable[None]]
_VOICE_NOTE = 1 << 13
_MENU = 3
_EPHEMERAL = 1 << 6


class DiscordPhone:
    """A person in direct messages with the bot; `wait_for_events` waits until that many events of the chat were received."""

    def __init__(self, api: FakeDiscord, wait_for_events: WaitForEvents, *, chat: int, locale: str) -> None:
        self.api = api
        self.chat = api.channel(str(chat))
        self.address = Address("discord", str(chat))
        self._wait_for_events = wait_for_events
        self._event_counts: dict[Address, int] = {}
        self._locale = locale

    async def says(self, text: str) -> None:
        await self._message(content=text)

    async def commands(self, name: str, **options: str) -> None:
        """Use a slash command."""
        filled = [{"name": key, "type": 3, "value": value} for key, value in options.items()]
        await self._interact(type=2, data={"id": "1", "type": 1, "name": name, "options": filled})

    async def taps(self, choice: Choice, receipt: str) -> None:
        message = self.chat.messages[receipt]
        components = [part for row in message["components"] for part in row["components"]]
        (data,) = [data for part in components if (data := _component_data(part, choice.label)) is not None]
        await self._interact(type=3, message=message, data=data)

    async def greets(self) -> None:
        await self.commands("start")

    async def stops(self) -> None:
        await self.commands("stop")

    def asked(self, receipt: str) -> str:
        components = [part for row in self.chat.messages[receipt]["components"] for part in row["components"]]
        if any(part["type"] == _MENU for part in components):
            return "menu"
        return "words" if not components else "form" if len(components) == 1 else "buttons"

    async def file(self, receipt: str) -> bytes:
        return self.chat.messages[receipt]["sound"]

    async def writes_answer(self, words: str, receipt: str) -> None:
        """Open a question's form and submit it."""
        message = self.chat.messages[receipt]
        (button,) = [part for row in message["components"] for part in row["components"]]
        tap = {"component_type": 2, "custom_id": button["custom_id"]}
        interaction = self._interaction(type=3, message=message, data=tap)
        await self.api.gateway.push("INTERACTION_CREATE", interaction)
        async with asyncio.timeout(5):
            while (form := self.api.interactions[interaction["token"]].response) is None:
                self.api.called.clear()
                await self.api.called.wait()
        field = {"type": 4, "custom_id": "words", "value": words}
        filled = {"custom_id": form["data"]["custom_id"], "components": [{"type": 18, "component": field}]}
        await self._interact(type=5, message=message, data=filled)

    async def speaks(self, sound: bytes) -> None:
        file = self._file("voice-message.ogg", "audio/ogg", sound)
        await self._message(content="", flags=_VOICE_NOTE, attachments=[{**file, "duration_secs": 1.0}])

    async def shares(self, name: str, mime: str, data: bytes) -> None:
        await self._message(content="", attachments=[self._file(name, mime, data)])

    async def shown(self, receipt: str) -> list[str]:
        return self.chat.texts

    async def sound(self, receipt: str) -> bytes:
        """Return the voice note itself, or the one directly above the question."""
        notes = [note["sound"] for note in self.chat.messages.values() if note["id"] <= receipt and note.get("sound")]
        return notes[-1]

    async def interrupts(self, words: str) -> None:
        await self.says(words)

    async def glances(self) -> None:
        self.api.called.clear()
        await self.api.called.wait()

    def drafts(self) -> list[str]:
        return self.api.contents

    def _file(self, name: str, mime: str, data: bytes) -> dict[str, Any]:
        self.api.files[name] = data
        url = f"{self.api.url}/files/{name}"
        return {"id": "1", "filename": name, "content_type": mime, "size": len(data), "url": url}

    async def _message(self, **content: Any) -> None:
        author = {"id": "7", "username": "lan", "global_name": "Lan"}
        said = {"id": self.api.snowflake(), "type": 0, "channel_id": self.chat.id, "author": author, **content}
        await self._push("MESSAGE_CREATE", said)

    async def _interact(self, **more: Any) -> None:
        await self._push("INTERACTION_CREATE", self._interaction(**more))

    def _interaction(self, **more: Any) -> dict[str, Any]:
        return self.api.interaction({"channel_id": self.chat.id, "context": 1, "locale": self._locale, **more})

    async def _push(self, name: str, data: dict[str, Any]) -> None:
        self._event_counts[self.address] = self._event_counts.get(self.address, 0) + 1
        await self.api.gateway.push(name, data)
        await self._wait_for_events(self.address, self._event_counts[self.address])


class ServerPhone(DiscordPhone):
    """The same person in a server's channel, or in one of its threads."""

    mention = f"<@{BOT['id']}>"

    def switch_to(self, chat: str, thread: str = "") -> None:
        """Switch to another channel, or to one person's ephemeral messages there."""
        self.chat = self.api.channel(chat)
        self.address = Address("discord", chat, thread)

    def overheard(self) -> list[str]:
        """Return the texts that everybody in the channel sees."""
        return [message["content"] for message in self.chat.messages.values() if not message["flags"] & _EPHEMERAL]

    async def murmurs(self, words: str) -> None:
        """Send a message of another person to the channel."""
        await self._message(content=words, author={"id": "8", "username": "minh", "global_name": "Minh"})

    async def _message(self, **content: Any) -> None:
        us = [{"id": BOT["id"], "username": BOT["username"]}] if self.mention in content["content"] else []
        await super()._message(guild_id="55", member={"roles": []}, mentions=us, **content)

    async def use_message_command(self, command: str, words: str) -> None:
        """Use a command in the context menu of another person's message."""
        other = {"id": "5", "type": 0, "channel_id": self.chat.id, "author": {"id": "8", "username": "minh"}}
        resolved = {"messages": {"5": {**other, "content": words, "attachments": []}}}
        await self._interact(
            type=2, data={"id": "1", "type": 3, "name": command, "target_id": "5", "resolved": resolved}
        )

    async def opens_thread(self, name: str, **options: str) -> None:
        """Use a command that opens a thread, and switch to it."""
        filled = [{"name": key, "type": 3, "value": value} for key, value in options.items()]
        asked = self._interaction(type=2, data={"id": "1", "type": 1, "name": name, "options": filled})
        await self.api.gateway.push("INTERACTION_CREATE", asked)
        async with asyncio.timeout(5):
            while not (threads := [chat for chat in self.api.channels.values() if chat.parent == self.chat.id]):
                self.api.called.clear()
                await self.api.called.wait()
        self.switch_to(threads[0].id)
        self._event_counts[self.address] = 1
        await self._wait_for_events(self.address, 1)

    def _interaction(self, **more: Any) -> dict[str, Any]:
        user = {"id": "7", "username": "lan", "global_name": "Lan"}
        channel = {"id": self.chat.id, "type": 11 if self.chat.parent else 0}
        context = {"context": 0, "guild_id": "55", "member": {"user": user, "roles": []}, "channel": channel}
        return super()._interaction(**context, authorizing_integration_owners={"0": "55"}, **more)


def _component_data(part: dict[str, Any], label: str) -> dict[str, Any] | None:
    """Return the data of choosing this label on a component, or `None` if the component does not have it."""
    if part["type"] == 2:
        return {"component_type": 2, "custom_id": part["custom_id"]} if part["label"] == label else None
    values = [option["value"] for option in part["options"] if option["label"] == label]
    return {"component_type": 3, "custom_id": part["custom_id"], "values": values} if values else None
