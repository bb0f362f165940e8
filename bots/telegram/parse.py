"""Reads Telegram's updates into events; pure, and quick enough for the webhook's hot path."""

import json
import re
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2s
from typing import cast

from bots.json_fields import Json, inner, number, number_or_zero, record
from bots.telegram import callback, content
from bots.telegram.json_fields import moment, text
from bots.telegram.quiz import unplaced
from bots.telegram.quotation import answers, quotation
from bots.telegram.wording import TelegramBot, words
from core.address import Address
from core.errors import Malformed
from core.event import Event, Left, Said, Sender, Stopped, Tapped

KINDS = (
    "message",
    "edited_message",
    "callback_query",
    "poll_answer",
    "my_chat_member",
    "stopped_message_generation",
)
_MACHINES = frozenset({"via_bot", "is_automatic_forward", "sender_business_bot"})
_LOCALE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramUpdate:
    """What an update says. `callback` is the id of a tap that Telegram wants answered, `message` that of what was sent, `album` that of what it is part of; or empty."""

    events: tuple[Event, ...] = ()
    callback: str = ""
    message: str = ""
    album: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramParser:
    """Reads updates for one bot. `key` is what its buttons are signed with."""

    bot: TelegramBot
    key: bytes

    def body(self, body: bytes, now: datetime) -> TelegramUpdate:
        """A webhook call's body. Raises `Malformed` for anything that is no update."""
        try:
            update: object = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Malformed("the body is no JSON") from error
        return self.update(update, now)

    def update(self, update: object, now: datetime) -> TelegramUpdate:
        """One update. `now` is the time of what carries none. Kinds that are not known give no events."""
        whole = record(update, "update")
        key = f"telegram:{number(whole, 'update_id')}"
        if (message := inner(whole, "message")) is not None:
            return self._message(message, key)
        if (message := inner(whole, "edited_message")) is not None:
            return self._edit(message, key)
        if (tap := inner(whole, "callback_query")) is not None:
            return self._tap(key, tap, now)
        if (change := inner(whole, "my_chat_member")) is not None:
            return TelegramUpdate(events=_membership(key, change))
        if (vote := inner(whole, "poll_answer")) is not None:
            return TelegramUpdate(events=_vote(key, vote, now))
        if (stopped := inner(whole, "stopped_message_generation")) is not None:
            return TelegramUpdate(events=_stop(key, stopped, now))
        return TelegramUpdate()

    def _message(self, message: Json, key: str, *, edited: bool = False) -> TelegramUpdate:
        chat, sender = inner(message, "chat"), _sender(message)
        if chat is None:
            raise Malformed("a message needs its chat")
        if sender is None or chat.get("type") == "channel" or not _MACHINES.isdisjoint(message):
            return TelegramUpdate()
        said = words(message, self.bot)
        group = chat.get("type") != "private"
        addressed = not group or said.mentioned or answers(message, self.bot)
        quoted = quotation(message, self.bot) if addressed else ""
        events = tuple(
            Event(
                id=f"{key}:{place}" if place else key,
                address=_address(message, chat),
                sender=sender,
                at=moment(message, "edit_date" if "edit_date" in message else "date"),
                body=body,
                addressed=addressed,
                group=group,
                message_id=str(number_or_zero(message, "message_id")),
            )
            for place, body in enumerate(content.bodies(message, said, quoted=quoted, edited=edited))
        )
        return TelegramUpdate(
            events=events, message=str(number_or_zero(message, "message_id")), album=text(message, "media_group_id")
        )

    def _edit(self, message: Json, key: str) -> TelegramUpdate:
        """Other words in a message that was sent before: an event of its own, and only one however often it is told of.

        What else changes in a message is passed over, and in a group what was not for Sona.
        """
        if "text" not in message:
            return TelegramUpdate()
        reading = self._message(message, key, edited=True)
        if not all(isinstance(event.body, Said) and event.addressed for event in reading.events):
            return TelegramUpdate()
        words = blake2s(text(message, "text").encode(), digest_size=8).hexdigest()
        return replace(
            reading,
            events=tuple(
                replace(event, id=f"telegram:{self.bot.id}.{event.address.chat}.{reading.message}.{words}")
                for event in reading.events
            ),
        )

    def _tap(self, key: str, tap: Json, now: datetime) -> TelegramUpdate:
        ticket, sender, message = text(tap, "id"), _sender(tap), inner(tap, "message")
        chat = inner(message, "chat") if message is not None else None
        if sender is None or message is None or chat is None:
            return TelegramUpdate(callback=ticket)
        address = _address(message, chat)
        choice = callback.decode(text(tap, "data"), address, self.key)
        if choice is None:
            return TelegramUpdate(callback=ticket)
        event = Event(
            id=key,
            address=address,
            sender=sender,
            at=now,
            body=Tapped(choice=choice, of=str(number(message, "message_id"))),
            group=chat.get("type") != "private",
        )
        return TelegramUpdate(events=(event,), callback=ticket)


def _vote(key: str, vote: Json, now: datetime) -> tuple[Event, ...]:
    """An answer to one of the bot's polls, which does not say where the poll stands: it has the person's own chat until `place`."""
    sender = _sender(vote, "user")
    options = vote.get("option_ids")
    if not isinstance(options, list):
        raise Malformed("a vote needs its options")
    picked = cast(list[object], options)
    if sender is None or len(picked) != 1:
        return ()
    if type(option := picked[0]) is not int or option < 0:
        raise Malformed("an option is a place")
    body = Tapped(choice=str(option), of=unplaced(text(vote, "poll_id")), judged=True)
    return (Event(id=key, address=Address("telegram", sender.id), sender=sender, at=now, body=body),)


def _stop(key: str, stopped: Json, now: datetime) -> tuple[Event, ...]:
    """The button at an answer half written, which private chats only have: the chat is the person."""
    chat = inner(stopped, "chat")
    if chat is None:
        raise Malformed("a stop needs its chat")
    if chat.get("type") != "private" or (sender := _sender(stopped, "chat")) is None:
        return ()
    thread = str(number(stopped, "message_thread_id")) if "message_thread_id" in stopped else ""
    return (Event(id=key, address=Address("telegram", sender.id, thread), sender=sender, at=now, body=Stopped()),)


def _membership(key: str, change: Json) -> tuple[Event, ...]:
    chat, member, sender = inner(change, "chat"), inner(change, "new_chat_member"), _sender(change)
    if chat is None or member is None:
        raise Malformed("a change of membership needs its chat and member")
    if sender is None or chat.get("type") == "channel" or not _gone(member):
        return ()
    group = chat.get("type") != "private"
    address = Address("telegram", str(number(chat, "id")))
    return (Event(id=key, address=address, sender=sender, at=moment(change, "date"), body=Left(), group=group),)


def _gone(member: Json) -> bool:
    """Whether the bot was blocked, removed or banned; who is restricted may be in the group or not."""
    status = member.get("status")
    return status in ("kicked", "left") or (status == "restricted" and member.get("is_member") is False)


def _address(message: Json, chat: Json) -> Address:
    """The chat, and its topic; what merely answers another message carries a thread id too, but is in no topic."""
    thread = str(number(message, "message_thread_id")) if message.get("is_topic_message") is True else ""
    return Address("telegram", str(number(chat, "id")), thread)


def _sender(parent: Json, name: str = "from") -> Sender | None:
    """The person it comes from; `None` for bots, channels and posts in a group's own name."""
    person = inner(parent, name)
    if person is None or person.get("is_bot") is True or "sender_chat" in parent:
        return None
    called = f"{text(person, 'first_name')} {text(person, 'last_name')}".strip() or text(person, "username")
    locale = text(person, "language_code")
    return Sender(id=str(number(person, "id")), name=called, locale=locale if _LOCALE.fullmatch(locale) else "")
