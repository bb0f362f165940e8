"""The Bot API's methods over chats kept in memory."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.fakes.telegram_rules import Answer, Pace, bad, caption, keyboard, parsed, poll, reactions, units, words

Kind = Literal["private", "group", "supergroup"]
FETCH_LIMIT = 20 * 1024 * 1024
DRAFT_SECONDS = 30


@dataclass
class Call:
    """A call as it came; `files` holds the uploads by the parameter they are for."""

    method: str
    params: Mapping[str, str]
    files: Mapping[str, bytes] = field(default_factory=dict[str, bytes])

    def text(self, name: str) -> str:
        return self.params.get(name, "")

    def number(self, name: str) -> int:
        try:
            return int(self.params.get(name, "0"))
        except ValueError:
            raise bad(f"invalid {name} specified") from None

    def flag(self, name: str) -> bool:
        return self.text(name).lower() == "true"


@dataclass(frozen=True)
class Draft:
    """What was drawn last, and when; `stops` says whether it has a button to stop it, `keeps` whether it stays then."""

    number: int
    text: str
    at: float
    thread: int
    stops: bool
    keeps: bool


@dataclass
class Chat:
    """`refusal` is why nothing can be sent there any more; `draft` what is shown as being written, at the `time` in seconds."""

    id: int
    kind: Kind = "private"
    refusal: str = ""
    takes_voice: bool = True
    takes_polls: bool = True
    drafts: bool = True
    moved_to: int = 0
    messages: dict[int, dict[str, Any]] = field(default_factory=dict[int, dict[str, Any]])
    time: Callable[[], float] = lambda: 0.0
    drawn: Draft | None = None
    actions: list[str] = field(default_factory=list[str])
    voters: dict[int, set[int]] = field(default_factory=dict[int, set[int]])
    reactions: dict[int, str] = field(default_factory=dict[int, str])

    @property
    def draft(self) -> str:
        fresh = self.drawn is not None and self.time() - self.drawn.at < DRAFT_SECONDS
        return self.drawn.text if self.drawn and fresh else ""

    @property
    def texts(self) -> list[str]:
        """What people see, from the first message to the last."""
        return [
            message.get("text") or message.get("caption") or self._polled(number)
            for number, message in self.messages.items()
        ]

    def _polled(self, number: int) -> str:
        """A poll's question and options, and once it is answered or closed what it tells: the right option and why."""
        poll = self.messages[number].get("poll")
        if poll is None:
            return ""
        told = poll["is_closed"] or number in self.voters
        options = [each["text"] for each in poll["options"]]
        verdict = [f"✅ {options[poll['correct_option_ids'][0]]}", poll.get("explanation", "")] if told else []
        return "\n".join((poll["question"], *options, *verdict))

    def buttons(self, message: int) -> list[dict[str, str]]:
        markup = self.messages[message].get("reply_markup") or {"inline_keyboard": []}
        return [button for row in markup["inline_keyboard"] for button in row]


class Methods:
    """Everything a bot can ask that has to do with chats, files and itself."""

    def __init__(self, bot: Mapping[str, Any]) -> None:
        self.bot = bot
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.callbacks: dict[str, bool] = {}
        self.commands: dict[tuple[str, str], list[str]] = {}
        self.pace: Pace | None = None
        self._message_ids = 100
        self._polls = 0

    def next_message(self) -> int:
        self._message_ids += 1
        return self._message_ids

    def _chat(self, call: Call) -> Chat:
        chat = self.chats.get(call.number("chat_id"))
        if chat is None:
            raise bad("chat not found")
        if chat.refusal:
            raise Answer(403, f"Forbidden: {chat.refusal}")
        if chat.moved_to:
            raise bad("group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.moved_to)
        return chat

    def _send(self, call: Call, content: dict[str, Any]) -> dict[str, Any]:
        chat = self._chat(call)
        markup = keyboard(call.text("reply_markup"))
        if self.pace is not None:
            self.pace.note(chat.id)
        number = self.next_message()
        message: dict[str, Any] = {
            "message_id": number,
            "date": 1700000000,
            "chat": {"id": chat.id, "type": chat.kind},
            "from": self.bot,
            "reply_markup": markup,
            **content,
        }
        chat.messages[number] = message
        chat.drawn = None
        return {name: value for name, value in message.items() if value is not None}

    def sendmessage(self, call: Call) -> object:
        self._chat(call)
        return self._send(call, {"text": words(call.text("text"), call.text("parse_mode"))})

    def sendmessagedraft(self, call: Call) -> object:
        chat = self._chat(call)
        if chat.kind != "private":
            raise bad("TEXTDRAFT_PEER_INVALID")
        if not chat.drafts:
            raise bad("method is not available")
        if call.number("draft_id") == 0:
            raise bad("draft_id must be non-zero")
        shown = parsed(call.text("text"), call.text("parse_mode"))
        if units(shown) > 4096:
            raise bad("message is too long")
        chat.drawn = Draft(
            number=call.number("draft_id"),
            text=shown,
            at=chat.time(),
            thread=call.number("message_thread_id"),
            stops=call.flag("can_stop"),
            keeps=call.flag("keep_on_stop"),
        )
        return True

    def _upload(self, call: Call, name: str) -> str:
        """The id of a file that was sent, or of one that is known."""
        if name in call.files:
            return self.keep(call.files[name], f"{name}/file_{len(self.files)}")
        if call.text(name) in self.files:
            return call.text(name)
        raise bad("wrong file identifier/HTTP URL specified")

    def keep(self, data: bytes, path: str) -> str:
        """Put a file on Telegram's side and return its id."""
        number = f"FILE{len(self.files)}"
        self.files[number] = (path, data)
        return number

    def sendvoice(self, call: Call) -> object:
        if not self._chat(call).takes_voice:
            raise bad("VOICE_MESSAGES_FORBIDDEN")
        return self._media(call, "voice", {"duration": call.number("duration"), "mime_type": "audio/ogg"})

    def sendaudio(self, call: Call) -> object:
        return self._media(call, "audio", {"duration": call.number("duration")})

    def _media(self, call: Call, name: str, about: dict[str, Any]) -> object:
        self._chat(call)
        words = caption(call.text("caption"), call.text("parse_mode"))
        file = {"file_id": self._upload(call, name), "file_unique_id": "U", **about}
        return self._send(call, {name: file, "caption": words or None})

    def senddocument(self, call: Call) -> object:
        return self._media(call, "document", {"file_size": len(call.files.get("document", b""))})

    def sendpoll(self, call: Call) -> object:
        if not self._chat(call).takes_polls:
            raise bad("not enough rights to send polls to the chat")
        self._polls += 1
        return self._send(call, {"poll": poll(call.params, f"50{self._polls}")})

    def stoppoll(self, call: Call) -> object:
        message = self._chat(call).messages.get(call.number("message_id"))
        if message is None:
            raise bad("message with poll to stop not found")
        if message["from"] != self.bot or "poll" not in message:
            raise bad("poll can't be stopped")
        if message["poll"]["is_closed"]:
            raise bad("poll has already been closed")
        message["poll"]["is_closed"] = True
        return message["poll"]

    def setmessagereaction(self, call: Call) -> object:
        self._chat(call).reactions[call.number("message_id")] = reactions(call.text("reaction"))
        return True

    def sendphoto(self, call: Call) -> object:
        self._chat(call)
        words = caption(call.text("caption"), call.text("parse_mode"))
        size = {"file_id": self._upload(call, "photo"), "file_unique_id": "U", "width": 1, "height": 1}
        return self._send(call, {"photo": [size], "caption": words or None})

    def _message(self, call: Call, what: str) -> dict[str, Any]:
        message = self._chat(call).messages.get(call.number("message_id"))
        if message is None:
            raise bad(f"message to {what} not found")
        if message["from"] != self.bot:
            raise bad(f"message can't be {what}ed" if what == "edit" else "message can't be deleted")
        return message

    def editmessagetext(self, call: Call) -> object:
        message = self._message(call, "edit")
        if "text" not in message:
            raise bad("there is no text in the message to edit")
        return self._edit(call, message, "text", words(call.text("text"), call.text("parse_mode")))

    def editmessagecaption(self, call: Call) -> object:
        message = self._message(call, "edit")
        if "text" in message:
            raise bad("there is no caption in the message to edit")
        return self._edit(call, message, "caption", caption(call.text("caption"), call.text("parse_mode")))

    def _edit(self, call: Call, message: dict[str, Any], part: str, shown: str) -> object:
        markup = keyboard(call.text("reply_markup"))
        if message.get(part) == shown and message.get("reply_markup") == markup:
            raise bad(
                "message is not modified: specified new message content and reply markup are exactly the same "
                "as a current content and reply markup of the message"
            )
        if self.pace is not None:
            self.pace.note(message["chat"]["id"])
        message |= {part: shown, "reply_markup": markup}
        return {name: value for name, value in message.items() if value is not None}

    def deletemessage(self, call: Call) -> object:
        del self._chat(call).messages[self._message(call, "delete")["message_id"]]
        return True

    def sendchataction(self, call: Call) -> object:
        self._chat(call).actions.append(call.text("action"))
        return True

    def answercallbackquery(self, call: Call) -> object:
        if self.callbacks.get(call.text("callback_query_id")) is not False:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        self.callbacks[call.text("callback_query_id")] = True
        return True

    def getfile(self, call: Call) -> object:
        if call.text("file_id") not in self.files:
            raise bad("wrong file_id or the file is temporarily unavailable")
        path, data = self.files[call.text("file_id")]
        if len(data) > FETCH_LIMIT:
            raise bad("file is too big")
        return {"file_id": call.text("file_id"), "file_unique_id": "U", "file_size": len(data), "file_path": path}

    def getme(self, _: Call) -> object:
        return self.bot

    def setmycommands(self, call: Call) -> object:
        commands = json.loads(call.text("commands"))
        scope = json.loads(call.text("scope") or '{"type": "default"}')["type"]
        if not all(re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]) for command in commands):
            raise bad("BOT_COMMAND_INVALID")
        if not all(1 <= units(command["description"]) <= 256 for command in commands):
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
        if len(commands) > 100:
            raise bad("BOT_COMMANDS_TOO_MUCH")
        if scope not in ("default", "all_private_chats", "all_group_chats", "all_chat_administrators"):
            raise bad("unsupported scope type specified")
        self.commands[scope, call.text("language_code")] = [command["command"] for command in commands]
        return True
