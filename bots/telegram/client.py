"""Talks to Telegram; the only one in this folder on the network. Every method raises `core.errors` only."""

import json
from collections.abc import Awaitable, Sequence
from datetime import timedelta
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllGroupChats,
    BotCommandScopeDefault,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    LinkPreviewOptions,
)
from telegram.error import TelegramError

from bots.telegram.errors import TelegramTokenRejected, TelegramUneditable, failure
from bots.telegram.quiz import QuizPoll, SentQuiz
from bots.telegram.render import TelegramKeyboard, TelegramMessage
from bots.telegram.sdk_request import TelegramRequest
from core.address import Address
from core.errors import Refused

OFFICIAL = "https://api.telegram.org"
FETCH_LIMIT = 20_000_000
_ANSWER_SECONDS = 15.0
_UPLOAD_SECONDS = 60.0
_CONNECTIONS = 64

_T = TypeVar("_T")


class TelegramClient:
    """One bot. `api_url` replaces Telegram's address; nothing goes out before the first call."""

    def __init__(self, token: str, *, api_url: str = "", poll_seconds: float = 50.0) -> None:
        root = api_url.rstrip("/") or OFFICIAL
        self._files = f"{root}/file/bot"
        self._wire = TelegramRequest(
            connection_pool_size=_CONNECTIONS,
            read_timeout=_ANSWER_SECONDS,
            write_timeout=_ANSWER_SECONDS,
            pool_timeout=_ANSWER_SECONDS,
            media_write_timeout=_UPLOAD_SECONDS,
        )
        self._listening = TelegramRequest(
            connection_pool_size=1, read_timeout=poll_seconds + _ANSWER_SECONDS, pool_timeout=1
        )
        self._poll_seconds = poll_seconds
        self._bot = Bot(
            token,
            base_url=f"{root}/bot",
            base_file_url=self._files,
            request=self._wire,
            get_updates_request=self._listening,
        )

    async def close(self) -> None:
        await self._wire.shutdown()
        await self._listening.shutdown()

    async def identify(self) -> tuple[int, str]:
        """The bot's own id and user name."""
        me = await _asked(self._bot.get_me())
        return me.id, me.username or ""

    async def say(self, address: Address, message: TelegramMessage) -> str:
        """Send a text message and return its id."""
        sent = await _asked(
            self._bot.send_message(
                chat_id=_chat(address),
                text=message.words,
                parse_mode=message.mode,
                message_thread_id=_thread(address),
                reply_markup=_keyboard(message.keyboard),
                link_preview_options=LinkPreviewOptions(is_disabled=not message.preview),
            )
        )
        return str(sent.message_id)

    async def rewrite(self, address: Address, sent: str, message: TelegramMessage) -> None:
        """Change a text message, its buttons included."""
        await _asked(
            self._bot.edit_message_text(
                chat_id=_chat(address),
                message_id=_message_id(sent),
                text=message.words,
                parse_mode=message.mode,
                reply_markup=_keyboard(message.keyboard),
                link_preview_options=LinkPreviewOptions(is_disabled=not message.preview),
            )
        )

    async def recaption(self, address: Address, sent: str, message: TelegramMessage) -> None:
        """Change the words and the buttons under a picture or a voice note."""
        await _asked(
            self._bot.edit_message_caption(
                chat_id=_chat(address),
                message_id=_message_id(sent),
                caption=message.words,
                parse_mode=message.mode,
                reply_markup=_keyboard(message.keyboard),
            )
        )

    async def take_back(self, address: Address, sent: str) -> None:
        """Delete one of the bot's messages."""
        await _asked(self._bot.delete_message(chat_id=_chat(address), message_id=_message_id(sent)))

    async def voice(self, address: Address, data: bytes, seconds: float, message: TelegramMessage) -> str:
        """Send a voice note of OGG/Opus, MP3 or M4A, with `message` as its caption."""
        sent = await _asked(
            self._bot.send_voice(
                voice=InputFile(data, filename="voice.ogg"),
                duration=_length(seconds),
                **_captioned(address, message),
            )
        )
        return str(sent.message_id)

    async def audio(self, address: Address, data: bytes, seconds: float, message: TelegramMessage) -> str:
        """Send the same as a piece of audio, for people who take no voice notes."""
        sent = await _asked(
            self._bot.send_audio(
                audio=InputFile(data, filename="sona.ogg"),
                duration=_length(seconds),
                title="Sona",
                **_captioned(address, message),
            )
        )
        return str(sent.message_id)

    async def photo(self, address: Address, data: bytes, message: TelegramMessage) -> str:
        sent = await _asked(self._bot.send_photo(photo=InputFile(data), **_captioned(address, message)))
        return str(sent.message_id)

    async def document(self, address: Address, data: bytes, name: str, message: TelegramMessage) -> str:
        """Send a file to keep, with `message` as its caption; Telegram takes 50 MB."""
        file = InputFile(data, filename=name)
        sent = await _asked(self._bot.send_document(document=file, **_captioned(address, message)))
        return str(sent.message_id)

    async def poll(self, address: Address, asked: QuizPoll) -> SentQuiz:
        """Send a quiz poll whose answers come back with who gave them."""
        sent = await _asked(
            self._bot.send_poll(
                chat_id=_chat(address),
                message_thread_id=_thread(address),
                question=asked.question,
                options=asked.options,
                type="quiz",
                is_anonymous=False,
                correct_option_ids=cast(Any, [asked.right]),
                explanation=asked.why or None,
            )
        )
        if sent.poll is None:
            raise Refused("a poll was sent and none came back")
        return SentQuiz(poll=sent.poll.id, message=str(sent.message_id))

    async def end_poll(self, address: Address, message: str) -> None:
        """Close a poll, which shows everybody the right answer."""
        await _asked(self._bot.stop_poll(chat_id=_chat(address), message_id=_message_id(message)))

    async def react(self, address: Address, message: str, emoji: str) -> None:
        """Put one of Telegram's own reactions on a message, in place of the one before."""
        await _asked(
            self._bot.set_message_reaction(chat_id=_chat(address), message_id=_message_id(message), reaction=emoji)
        )

    async def draft(self, address: Address, number: int, html: str) -> None:
        """Show a text that is still being written, with a button to stop it, at which it stays until it vanishes by itself. Private chats only."""
        await _asked(
            self._bot.send_message_draft(
                chat_id=_chat(address),
                draft_id=number,
                text=html,
                message_thread_id=_thread(address),
                parse_mode="HTML",
                api_kwargs={"can_stop": True, "keep_on_stop": True},
            )
        )

    async def typing(self, address: Address) -> None:
        """Show "typing" for five seconds, or until a message comes."""
        await _asked(
            self._bot.send_chat_action(chat_id=_chat(address), action="typing", message_thread_id=_thread(address))
        )

    async def answer(self, callback: str) -> None:
        """Take the waiting sign off a tapped button."""
        await _asked(self._bot.answer_callback_query(callback))

    async def fetch(self, ref: str) -> bytes:
        """A file's bytes, at most 20 MB. Never reads this machine's own files, whatever path Telegram names."""
        file = await _asked(self._bot.get_file(ref))
        if (file.file_size or 0) > FETCH_LIMIT:
            raise Refused("the file is larger than 20 MB")
        if not file.file_path or not file.file_path.startswith(self._files):
            raise Refused("Telegram names no address to load the file from")
        try:
            data = await _asked(self._wire.retrieve(file.file_path))
        except TelegramTokenRejected as error:
            raise Refused("the file is no longer there") from error
        if len(data) > FETCH_LIMIT:
            raise Refused("the file is larger than 20 MB")
        return data

    async def updates(self, offset: int, kinds: Sequence[str]) -> list[object]:
        """Wait for updates from number `offset` on, as they came. Taking them up to there tells Telegram that they are done."""
        query = {"offset": offset, "timeout": int(self._poll_seconds), "allowed_updates": json.dumps(kinds)}
        updates = await _asked(self._listening.post(f"{self._bot.base_url}/getUpdates?{urlencode(query)}"))
        return cast(list[object], updates)

    async def webhook(self) -> str:
        """Where Telegram calls us, or nothing."""
        return (await _asked(self._bot.get_webhook_info())).url

    async def set_webhook(self, url: str, secret: str, kinds: Sequence[str]) -> None:
        """Be called there, for these kinds of updates; what waits is kept."""
        await _asked(
            self._bot.set_webhook(url=url, secret_token=secret, allowed_updates=kinds, drop_pending_updates=False)
        )

    async def drop_webhook(self) -> None:
        """Stop the webhook; what waits is kept."""
        await _asked(self._bot.delete_webhook(drop_pending_updates=False))

    async def offer(self, commands: Sequence[tuple[str, str]], language: str, *, groups: bool = False) -> None:
        """Put commands, as name and description, into the menu, or into that of groups; an empty language means everyone else's."""
        offered = [BotCommand(name, description) for name, description in commands]
        scope = BotCommandScopeAllGroupChats() if groups else BotCommandScopeDefault()
        await _asked(self._bot.set_my_commands(offered, scope=scope, language_code=language or None))


async def _asked(call: Awaitable[_T]) -> _T:
    try:
        return await call
    except TelegramError as error:
        raise failure(error) from error


def _chat(address: Address) -> int:
    try:
        return int(address.chat)
    except ValueError as error:
        raise Refused(f"not a chat: {address}", gone=True) from error


def _thread(address: Address) -> int | None:
    try:
        return int(address.thread) if address.thread else None
    except ValueError as error:
        raise Refused(f"not a topic: {address}", gone=True) from error


def _message_id(sent: str) -> int:
    if not sent.isascii() or not sent.isdigit():
        raise TelegramUneditable(f"not a message: {sent!r}")
    return int(sent)


def _length(seconds: float) -> timedelta | None:
    return timedelta(seconds=max(1, round(seconds))) if seconds else None


def _captioned(address: Address, message: TelegramMessage) -> dict[str, Any]:
    """What every message with a file has."""
    return {
        "chat_id": _chat(address),
        "message_thread_id": _thread(address),
        "caption": message.words or None,
        "parse_mode": message.mode,
        "reply_markup": _keyboard(message.keyboard),
    }


def _keyboard(rows: TelegramKeyboard) -> InlineKeyboardMarkup | None:
    if not rows:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(button.label, callback_data=button.data) for button in row] for row in rows]
    )
