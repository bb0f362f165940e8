"""A person in Slack: a direct message of the strict fake, with calls signed as Slack signs them."""

from collections.abc import Awaitable, Callable
from typing import Any

from core.address import Address
from core.clock import Clock
from core.reply import Choice
from tests.fakes.slack import FakeSlack, event, post
from tests.fakes.slack_methods import seen

Taken = Callable[[Address, int], Awaitable[None]]
USER = "U7"
_DRAWING = ("chat.postMessage", "chat.update")


class SlackPhone:
    """Calls the site at `url`; `taken` waits until so many events of this conversation were received."""

    def __init__(
        self,
        api: FakeSlack,
        taken: Taken,
        clock: Clock,
        url: str,
        *,
        thread: str = "",
        channel: str = "D7",
        locale: str = "en",
    ) -> None:
        api.locales[USER] = locale
        self.api = api
        self.channel = api.channel(channel)
        self.address = Address("slack", f"T1.{channel}", thread)
        self._wait = taken
        self._clock = clock
        self._url = url
        self._thread = thread
        self._done = 0
        self._last = ""

    async def says(self, text: str) -> None:
        await self._message(text=text)

    async def greets(self) -> None:
        """Open the messages of the app."""
        self._done += 1
        stamp = self.api.stamp()
        opened = {"type": "app_home_opened", "user": USER, "channel": self.channel.id, "tab": "messages"}
        await self._call(event({**opened, "event_ts": stamp}, f"Ev{self._done}"))

    async def writes_answer(self, words: str, receipt: str) -> None:
        await self.says(words)

    def asked(self, receipt: str) -> str:
        return "buttons" if self.channel.buttons(receipt) else "words"

    async def file(self, receipt: str) -> bytes:
        return self.api.files[receipt][1]

    async def changes(self, before: str, after: str) -> None:
        """Change the words of the last message said."""
        thread = {"thread_ts": self._thread} if self._thread else {}
        same = {"type": "message", "user": USER, "ts": self._last, **thread}
        edited = {"user": USER, "ts": self._last}
        content = {"message": {**same, "text": after, "edited": edited}, "previous_message": {**same, "text": before}}
        self._done += 1
        changed = {
            "type": "message",
            "subtype": "message_changed",
            "channel": self.channel.id,
            "ts": self.api.stamp(),
            **content,
        }
        await self._call(event(changed, f"Ev{self._done}"))

    async def interrupts(self, words: str) -> None:
        await self._message(text=words)

    async def stops(self) -> None:
        """Press the stop button that Slack shows while a session works; outside of threads there is none, and the word is written."""
        if not self._thread:
            return await self._message(text="/stop")
        self._done += 1
        ts = self.api.stamp()
        pressed = {"channel": self.channel.id, "user": USER, "thread_ts": self._thread, "event_ts": ts}
        return await self._call(event({"type": "agent_session_stopped", **pressed}, f"Ev{self._done}"))

    async def taps(self, choice: Choice, receipt: str) -> None:
        (button,) = [b for b in self.channel.buttons(receipt) if b["text"]["text"] == choice.label]
        message = {"message": {"ts": receipt, **({"thread_ts": self._thread} if self._thread else {})}}
        await self._presses(button, receipt, is_ephemeral=False, **message)

    async def _presses(self, button: dict[str, Any], receipt: str, *, is_ephemeral: bool, **message: Any) -> None:
        self._done += 1
        place = {"type": "message", "message_ts": receipt, "channel_id": self.channel.id}
        payload = {
            "type": "block_actions",
            "team": {"id": "T1"},
            "user": {"id": USER, "name": "lan"},
            "channel": {"id": self.channel.id},
            "trigger_id": f"13.{self._done}",
            "container": {**place, "is_ephemeral": is_ephemeral},
            "actions": [{**button, "type": "button", "block_id": "b"}],
            **message,
        }
        await self._call(payload, form=True)

    async def speaks(self, sound: bytes) -> None:
        await self._file("voice.ogg", "audio/ogg", sound)

    async def shares(self, name: str, mime: str, data: bytes) -> None:
        await self._file(name, mime, data)

    async def shown(self, receipt: str) -> list[str]:
        return self.channel.texts

    async def sound(self, receipt: str) -> bytes:
        """A file stands for itself; a question has its sound right before it."""
        if receipt in self.api.files:
            return self.api.files[receipt][1]
        stamps = [ts for ts, message in self.channel.messages.items() if "file" in message and ts < receipt]
        return self.api.files[self.channel.messages[max(stamps)]["file"]][1]

    def drafts(self) -> list[str]:
        started = [call["chunks"][0].get("text", "") for call in self.api.made("chat.startStream")]
        return started + [call["text"] for name in _DRAWING for call in self.api.made(name)]

    async def glances(self) -> None:
        """Wait for the next call that reaches Slack."""
        before = len(self.api.calls)
        await self.api.until(lambda: len(self.api.calls) > before)

    async def _file(self, name: str, mime: str, data: bytes) -> None:
        number = f"F{len(self.api.files) + 1}"
        self.api.files[number] = (name, data)
        url = f"{self.api.url}/files/{number}"
        file = {"id": number, "name": name, "mimetype": mime, "size": len(data), "url_private": url}
        await self._message(text="", subtype="file_share", files=[file])

    async def _message(self, **content: Any) -> None:
        self._done += 1
        self._last = self.api.stamp()
        thread = {"thread_ts": self._thread} if self._thread else {}
        place = {"channel_type": "im", "channel": self.channel.id}
        said = {"type": "message", "user": USER, "ts": self._last, **place, **thread, **content}
        await self._call(event(said, f"Ev{self._done}"))

    async def _call(self, payload: dict[str, Any], *, form: bool = False) -> None:
        status, said = await post(self._url, payload, self._clock.now().timestamp(), form=form)
        assert status == 200, said
        await self._wait(self.address, self._done)


class ThreadPhone(SlackPhone):
    """The same person in a thread of a channel, where others talk too."""

    mention = "<@UBOT>"

    def __init__(self, api: FakeSlack, taken: Taken, clock: Clock, url: str) -> None:
        super().__init__(api, taken, clock, url, thread="1699999999.000001", channel="C1")

    async def murmurs(self, words: str) -> None:
        """Somebody says something to the others."""
        await self._message(text=words, user="U8")

    async def _message(self, **content: Any) -> None:
        """Who mentions the app is told of twice."""
        content |= {"channel_type": "channel", "ts": self.api.stamp()}
        await super()._message(**content)
        if self.mention in content["text"]:
            await super()._message(**content, type="app_mention")


class AlonePhone(SlackPhone):
    """The same person in a channel, asking by the slash command and looking at what they alone are shown."""

    def __init__(self, api: FakeSlack, taken: Taken, clock: Clock, url: str) -> None:
        super().__init__(api, taken, clock, url, channel="C1")
        self.address = Address("slack", "T1.C1", f"@{USER}")

    async def commands(self, name: str) -> None:
        self._done += 1
        who = {"team_id": "T1", "channel_id": "C1", "user_id": USER, "user_name": "lan"}
        call = {"command": "/sona", "text": name, "trigger_id": f"14.{self._done}", **who}
        await self._call(call, form=True)

    async def taps(self, choice: Choice, receipt: str) -> None:
        (message,) = [shown for shown in self.channel.private if shown["ts"] == receipt]
        found = [b for block in message["blocks"] if block["type"] == "actions" for b in block["elements"]]
        (button,) = [b for b in found if b["text"]["text"] == choice.label]
        await self._presses(button, receipt, is_ephemeral=True)

    async def shown(self, receipt: str) -> list[str]:
        return [seen(message) for message in self.channel.private]

    def overheard(self) -> list[str]:
        """What everybody in the channel sees."""
        return self.channel.texts
