"""A person in Slack: direct messages with the app, by calls signed as Slack signs them.

Slack treats a message that begins with a slash as a slash command and does not send it, so `/quiz` in a story is written,
and read, as `!quiz` here.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from core.address import Address
from core.clock import Clock
from core.reply import Choice
from tests.fakes.slack import FakeSlack, event, post
from tests.fakes.slack_screen import visible_text

WaitForEvents = Callable[[Address, int], Awaitable[None]]
USER = "U7"
_DRAFT_METHODS = ("chat.postMessage", "chat.update")


class SlackPhone:
    """A person in direct messages; calls the webhook at `url`.

    `wait_for_events` waits until that many events of the conversation were received.
    """

    def __init__(
        self,
        api: FakeSlack,
        wait_for_events: WaitForEvents,
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
        self.address = Address("slack", f"T1.{channel}", "" if channel.startswith("D") else thread)
        self._wait_for_events = wait_for_events
        self._clock = clock
        self._url = url
        self._thread = thread
        self._event_count = 0
        self._trigger = 0
        self.timestamps: list[str] = []

    async def says(self, text: str) -> None:
        await self._message(text=_as_typed(text))

    async def replies(self, words: str, thread: str) -> None:
        """Send a message in a thread of the conversation."""
        await self._message(text=_as_typed(words), thread_ts=thread)

    async def greets(self) -> None:
        """Open the messages tab for the first time."""
        await self.open_messages()
        self._event_count += 1
        await self._wait_for_events(self.address, self._event_count)

    async def open_messages(self) -> None:
        """Open the messages tab, which Slack reports every time."""
        opened = {"type": "app_home_opened", "user": USER, "channel": self.channel.id, "tab": "messages"}
        await self._send(event({**opened, "event_ts": self.api.next_ts()}, f"EvLook{self._event_count}"))

    async def writes_answer(self, words: str, receipt: str) -> None:
        """Press the button that opens a form and submit it."""
        (button,) = [b for b in self.channel.buttons(receipt) if b["action_id"] == "write"]
        opened = len(self.api.opened_forms)
        await self._send(self._button_press(button, receipt), form=True)
        await self.api.wait_until(lambda: len(self.api.opened_forms) > opened)
        self._event_count += 1
        view = self.api.opened_forms[-1]
        (entry,) = view["blocks"]
        values = {entry["block_id"]: {entry["element"]["action_id"]: {"type": "plain_text_input", "value": words}}}
        names = {"id": f"V{self._event_count}", "callback_id": view["callback_id"]}
        sent = {**names, "private_metadata": view["private_metadata"], "state": {"values": values}}
        person = {"team": {"id": "T1"}, "user": {"id": USER, "name": "lan"}}
        await self._call({"type": "view_submission", **person, "view": sent}, form=True)

    def asked(self, receipt: str) -> str:
        return "form" if self.channel.buttons(receipt)[-1]["action_id"] == "write" else "buttons"

    async def file(self, receipt: str) -> bytes:
        return self.api.files[receipt][1]

    async def changes(self, before: str, after: str) -> None:
        """Edit the last message."""
        thread = {"thread_ts": self._thread} if self._thread else {}
        same = {"type": "message", "user": USER, "ts": self.timestamps[-1], **thread}
        edited = {"user": USER, "ts": self.timestamps[-1]}
        content = {"message": {**same, "text": after, "edited": edited}, "previous_message": {**same, "text": before}}
        self._event_count += 1
        changed = {
            "type": "message",
            "subtype": "message_changed",
            "channel": self.channel.id,
            "ts": self.api.next_ts(),
            **content,
        }
        await self._call(event(changed, f"Ev{self._event_count}"))

    async def commands(self, name: str) -> None:
        """Use the slash command, which has no thread."""
        self._event_count += 1
        person = {"team_id": "T1", "channel_id": self.channel.id, "user_id": USER, "user_name": "lan"}
        call = {"command": "/sona", "text": name, "trigger_id": f"14.{self._event_count}", **person}
        await self._call(call, form=True)

    async def interrupts(self, words: str) -> None:
        await self.says(words)

    async def stops(self) -> None:
        """Press the stop button of the thread whose session is processing."""
        (thread,) = [thread for thread, status in self.channel.sessions.items() if status == "processing"]
        self.api.press_stop(self.channel.id, thread)
        self._event_count += 1
        ts = self.api.next_ts()
        pressed = {"channel": self.channel.id, "user": USER, "thread_ts": thread, "event_ts": ts}
        await self._call(event({"type": "agent_session_stopped", **pressed}, f"Ev{self._event_count}"))

    async def taps(self, choice: Choice, receipt: str) -> None:
        (button,) = [b for b in self.channel.buttons(receipt) if b["text"]["text"] == choice.label]
        self._event_count += 1
        await self._call(self._button_press(button, receipt), form=True)

    def _button_press(self, button: dict[str, Any], receipt: str, *, ephemeral: bool = False) -> dict[str, Any]:
        thread = "" if ephemeral else self.channel.messages[receipt].get("thread_ts", "")
        self._trigger += 1
        self.api.trigger(f"13.{self._trigger}")
        container = {"type": "message", "message_ts": receipt, "channel_id": self.channel.id, "is_ephemeral": ephemeral}
        within = {"thread_ts": thread} if thread else {}
        message = {} if ephemeral else {"message": {"ts": receipt, **within}}
        return {
            "type": "block_actions",
            "team": {"id": "T1"},
            "user": {"id": USER, "name": "lan"},
            "channel": {"id": self.channel.id},
            "trigger_id": f"13.{self._trigger}",
            "container": {**container, **within},
            "actions": [{"block_id": "b", **button, "type": "button"}],
            **message,
        }

    async def speaks(self, sound: bytes) -> None:
        await self._file("voice.ogg", "audio/ogg", sound)

    async def shares(self, name: str, mime: str, data: bytes) -> None:
        await self._file(name, mime, data)

    async def shown(self, receipt: str) -> list[str]:
        return [_as_read(shown) for shown in self.channel.texts]

    async def sound(self, receipt: str) -> bytes:
        """Return a file itself, or the audio directly before a question."""
        if receipt in self.api.files:
            return self.api.files[receipt][1]
        stamps = [ts for ts, message in self.channel.messages.items() if "file" in message and ts < receipt]
        return self.api.files[self.channel.messages[max(stamps)]["file"]][1]

    def drafts(self) -> list[str]:
        started = [call["chunks"][0].get("text", "") for call in self.api.calls_of("chat.startStream")]
        return started + [call["text"] for name in _DRAFT_METHODS for call in self.api.calls_of(name)]

    async def glances(self) -> None:
        """Wait for the next call to Slack."""
        before = len(self.api.calls)
        await self.api.wait_until(lambda: len(self.api.calls) > before)

    async def _file(self, name: str, mime: str, data: bytes) -> None:
        number = f"F{len(self.api.files) + 1}"
        self.api.files[number] = (name, data)
        url = f"{self.api.url}/files/{number}"
        file = {"id": number, "name": name, "mimetype": mime, "size": len(data), "url_private": url}
        await self._message(text="", subtype="file_share", files=[file])

    async def _message(self, **content: Any) -> None:
        assert not content["text"].startswith("/"), "Slack sends no such message"
        self._event_count += 1
        self.timestamps.append(self.api.next_ts())
        thread = {"thread_ts": self._thread} if self._thread else {}
        channel = {"channel_type": "im", "channel": self.channel.id}
        said = {"type": "message", "user": USER, "ts": self.timestamps[-1], **channel, **thread, **content}
        await self._call(event(said, f"Ev{self._event_count}"))

    async def _call(self, payload: dict[str, Any], *, form: bool = False) -> None:
        await self._send(payload, form=form)
        await self._wait_for_events(self.address, self._event_count)

    async def _send(self, payload: dict[str, Any], *, form: bool = False) -> None:
        status, said = await post(self._url, payload, self._clock.now().timestamp(), form=form)
        assert status == 200, said


def _as_typed(text: str) -> str:
    return re.sub(r"^/", "!", text)


def _as_read(shown: str) -> str:
    return re.sub(r"(?<![\w!])!(?=[a-z])", "/", shown)


class ThreadPhone(SlackPhone):
    """The same person in a channel's thread with other people."""

    mention = "<@UBOT>"

    def __init__(self, api: FakeSlack, wait_for_events: WaitForEvents, clock: Clock, url: str) -> None:
        super().__init__(api, wait_for_events, clock, url, thread="1699999999.000001", channel="C1")

    async def murmurs(self, words: str) -> None:
        """Send a message of another person to the thread."""
        await self._message(text=words, user="U8")

    async def _message(self, **content: Any) -> None:
        """Send a message; Slack reports a mention of the app by a second event."""
        content |= {"channel_type": "channel", "ts": self.api.next_ts()}
        await super()._message(**content)
        if self.mention in content["text"]:
            await super()._message(**content, type="app_mention")


class EphemeralPhone(SlackPhone):
    """The same person in a channel, using the slash command and reading ephemeral messages."""

    def __init__(self, api: FakeSlack, wait_for_events: WaitForEvents, clock: Clock, url: str) -> None:
        super().__init__(api, wait_for_events, clock, url, channel="C1")
        self.address = Address("slack", "T1.C1", f"@{USER}")

    async def taps(self, choice: Choice, receipt: str) -> None:
        (message,) = [shown for shown in self.channel.ephemeral if shown["ts"] == receipt]
        found = [b for block in message["blocks"] if block["type"] == "actions" for b in block["elements"]]
        (button,) = [b for b in found if b["text"]["text"] == choice.label]
        self._event_count += 1
        await self._call(self._button_press(button, receipt, ephemeral=True), form=True)

    async def shown(self, receipt: str) -> list[str]:
        return [_as_read(visible_text(message)) for message in self.channel.ephemeral]

    def overheard(self) -> list[str]:
        """Return the texts that everybody in the channel sees."""
        return self.channel.texts
