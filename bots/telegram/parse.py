"""Reads Telegram's updates into events; pure, and quick enough for the webhook's hot path."""

import json
import re
from dataclasses import dataclass
from datetime import datetime

from bots.telegram import callback
from bots.telegram.shape import Json, amount, inner, moment, number, record, records, text
from bots.telegram.wording import Bot, Words, words
from core.address import Address
from core.errors import Malformed
from core.event import Body, Event, Joined, Left, Said, Sender, Shared, Spoke, Tapped
from core.media import Media

KINDS = ("message", "callback_query", "my_chat_member")
_LOCALE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What an update says. `callback` is the id of a tap that Telegram wants answered, or empty."""

    events: tuple[Event, ...] = ()
    callback: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads updates for one bot. `key` is what its buttons are signed with."""

    bot: Bot
    key: bytes

    def body(self, body: bytes, now: datetime) -> Reading:
        """A webhook call's body. Raises `Malformed` for anything that is no update."""
        try:
            update: object = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Malformed("the body is no JSON") from error
        return self.update(update, now)

    def update(self, update: object, now: datetime) -> Reading:
        """One update. `now` is the time of what carries none. Kinds that are not known give no events."""
        whole = record(update, "update")
        key = f"telegram:{number(whole, 'update_id')}"
        if (message := inner(whole, "message")) is not None:
            return Reading(events=self._message(key, message))
        if (tap := inner(whole, "callback_query")) is not None:
            return self._tap(key, tap, now)
        if (change := inner(whole, "my_chat_member")) is not None:
            return Reading(events=_membership(key, change))
        return Reading()

    def _message(self, key: str, message: Json) -> tuple[Event, ...]:
        chat, sender = inner(message, "chat"), _sender(message)
        if chat is None:
            raise Malformed("a message needs its chat")
        if sender is None or chat.get("type") == "channel" or message.get("is_automatic_forward") is True:
            return ()
        said = words(message, self.bot)
        body = _body(message, said)
        if body is None:
            return ()
        group = chat.get("type") != "private"
        return (
            Event(
                id=key,
                address=_address(message, chat),
                sender=sender,
                at=moment(message, "date"),
                body=body,
                addressed=not group or said.mentioned or self._is_reply(message),
                group=group,
            ),
        )

    def _is_reply(self, message: Json) -> bool:
        """Whether it answers one of the bot's own messages; in a topic, every message "answers" the topic's first."""
        answered = inner(message, "reply_to_message")
        if answered is None or "forum_topic_created" in answered:
            return False
        author = inner(answered, "from")
        return author is not None and author.get("id") == self.bot.id

    def _tap(self, key: str, tap: Json, now: datetime) -> Reading:
        ticket, sender, message = text(tap, "id"), _sender(tap), inner(tap, "message")
        chat = inner(message, "chat") if message is not None else None
        if sender is None or message is None or chat is None:
            return Reading(callback=ticket)
        address = _address(message, chat)
        choice = callback.decode(text(tap, "data"), address, self.key)
        if choice is None:
            return Reading(callback=ticket)
        event = Event(
            id=key,
            address=address,
            sender=sender,
            at=now,
            body=Tapped(choice=choice, of=str(number(message, "message_id"))),
            group=chat.get("type") != "private",
        )
        return Reading(events=(event,), callback=ticket)


def _membership(key: str, change: Json) -> tuple[Event, ...]:
    chat, member, sender = inner(change, "chat"), inner(change, "new_chat_member"), _sender(change)
    if chat is None or member is None:
        raise Malformed("a change of membership needs its chat and member")
    if sender is None or chat.get("type") == "channel" or member.get("status") not in ("kicked", "left"):
        return ()
    group = chat.get("type") != "private"
    address = Address("telegram", str(number(chat, "id")))
    return (Event(id=key, address=address, sender=sender, at=moment(change, "date"), body=Left(), group=group),)


def _body(message: Json, said: Words) -> Body | None:
    """What was done, or `None` for what is not for Sona or no doing of a person's."""
    if said.elsewhere:
        return None
    if said.command == "start":
        return Joined(start=said.text.removeprefix("/start").strip())
    if sound := _file(message, "voice", "audio/ogg") or _file(message, "audio", "audio/mpeg"):
        return Spoke(audio=sound)
    if sound := _file(message, "video_note", "video/mp4"):
        return Spoke(audio=sound)
    if shared := _picture(message) or _file(message, "document", "") or _file(message, "video", "video/mp4"):
        return Shared(media=shared, text=said.text)
    if "text" in message and (said.text or said.mentioned):
        return Said(text=said.text)
    return None


def _picture(message: Json) -> Media | None:
    """The largest of a photo's sizes, which all show the same."""
    sizes = records(message, "photo")
    if not sizes:
        return None
    return _media(max(sizes, key=lambda size: amount(size, "width") * amount(size, "height")), "image/jpeg")


def _file(message: Json, name: str, mime: str) -> Media | None:
    file = inner(message, name)
    return None if file is None else _media(file, mime)


def _media(file: Json, mime: str) -> Media:
    if not (ref := text(file, "file_id")):
        raise Malformed("a file needs its id")
    return Media(
        ref=ref,
        mime=text(file, "mime_type") or mime or "application/octet-stream",
        name=text(file, "file_name"),
        size=amount(file, "file_size"),
        seconds=float(min(amount(file, "duration"), 10**9)),
    )


def _address(message: Json, chat: Json) -> Address:
    """The chat, and its topic; what merely answers another message carries a thread id too, but is in no topic."""
    thread = str(number(message, "message_thread_id")) if message.get("is_topic_message") is True else ""
    return Address("telegram", str(number(chat, "id")), thread)


def _sender(parent: Json) -> Sender | None:
    """The person it comes from; `None` for bots, channels and posts in a group's own name."""
    person = inner(parent, "from")
    if person is None or person.get("is_bot") is True or "sender_chat" in parent:
        return None
    name = f"{text(person, 'first_name')} {text(person, 'last_name')}".strip() or text(person, "username")
    locale = text(person, "language_code")
    return Sender(id=str(number(person, "id")), name=name, locale=locale if _LOCALE.fullmatch(locale) else "")
