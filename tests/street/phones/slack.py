"""A person in Slack: a direct message of the strict fake, with calls signed as Slack signs them."""

from collections.abc import Awaitable, Callable
from typing import Any

from core.address import Address
from core.clock import Clock
from core.reply import Choice
from tests.fakes.slack import FakeSlack, event, post

Taken = Callable[[Address, int], Awaitable[None]]
_USER = "U7"


class SlackPhone:
    """Calls the site at `url`; `taken` waits until so many events of this conversation were received."""

    def __init__(self, api: FakeSlack, taken: Taken, clock: Clock, url: str, *, thread: str = "") -> None:
        self.api = api
        self.channel = api.channel("D7")
        self.address = Address("slack", "T1.D7", thread)
        self._wait = taken
        self._clock = clock
        self._url = url
        self._thread = thread
        self._done = 0
        self._last = ""

    async def says(self, text: str) -> None:
        await self._message(text=text)

    async def changes(self, before: str, after: str) -> None:
        """Change the words of the last message said."""
        thread = {"thread_ts": self._thread} if self._thread else {}
        same = {"type": "message", "user": _USER, "ts": self._last, **thread}
        edited = {"user": _USER, "ts": self._last}
        content = {"message": {**same, "text": after, "edited": edited}, "previous_message": {**same, "text": before}}
        self._done += 1
        changed = {"type": "message", "subtype": "message_changed", "channel": "D7", "ts": self.api.stamp(), **content}
        await self._call(event(changed, f"Ev{self._done}"))

    async def interrupts(self, words: str) -> None:
        await self._message(text=words)

    async def stops(self) -> None:
        """Press the stop button that Slack shows while a session works."""
        self._done += 1
        ts = self.api.stamp()
        pressed = {"channel": "D7", "user": _USER, "thread_ts": self._thread, "event_ts": ts}
        await self._call(event({"type": "agent_session_stopped", **pressed}, f"Ev{self._done}"))

    async def taps(self, choice: Choice, receipt: str) -> None:
        (button,) = [b for b in self.channel.buttons(receipt) if choice.label in b["text"]["text"]]
        self._done += 1
        container = {"type": "message", "message_ts": receipt, "channel_id": "D7", "is_ephemeral": False}
        payload = {
            "type": "block_actions",
            "team": {"id": "T1"},
            "user": {"id": _USER, "name": "lan"},
            "channel": {"id": "D7"},
            "trigger_id": f"13.{self._done}",
            "container": container,
            "message": {"ts": receipt, **({"thread_ts": self._thread} if self._thread else {})},
            "actions": [{**button, "type": "button", "block_id": "b"}],
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
        return started + [call["text"] for call in self.api.made("chat.update")]

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
        ts = self._last = self.api.stamp()
        thread = {"thread_ts": self._thread} if self._thread else {}
        said = {"type": "message", "channel_type": "im", "channel": "D7", "user": _USER, "ts": ts, **thread, **content}
        await self._call(event(said, f"Ev{self._done}"))

    async def _call(self, payload: dict[str, Any], *, form: bool = False) -> None:
        status, said = await post(self._url, payload, self._clock.now().timestamp(), form=form)
        assert status == 200, said
        await self._wait(self.address, self._done)
