"""Reads an interaction (a command, a tap, a form) into an event and into what Discord has to be told within three seconds; pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bots.discord import custom_id, forms
from bots.discord.commands import ON_MESSAGE, SLASH, CommandSpec, Complete, nothing
from bots.discord.json_fields import moment, snowflake, text
from bots.discord.location import DiscordLocation
from bots.discord.message_menu import pointed, wordless
from bots.discord.render import EPHEMERAL
from bots.discord.wording import name
from bots.json_fields import Json, inner, number_or_zero, record, records
from core.address import Address
from core.errors import Malformed
from core.event import Body, Event, Said, Sender, Stopped, Tapped

PING, COMMAND, COMPONENT, COMPLETION, FORM = 1, 2, 3, 4, 5
PONG, SAY, SAY_LATER, CHANGE_LATER, COMPLETE = 1, 4, 5, 6, 8
_BOT_DM, _PRIVATE_CHAT = 1, 2
_TEXT_CHANNEL = 0
_BY_SERVER, _BY_PERSON = "0", "1"
_COMPLETIONS, _COMPLETION = 25, 100
_THREAD_NAME = 100
_LOCALE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_NAMED = re.compile(r"[\w-]{1,32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewThread:
    """A thread to be opened before the event is kept, as it goes on in there; `user` is who asked, in language `locale`."""

    name: str
    user: str
    locale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenInteraction:
    """An interaction that waits for its answer. `token` is good for 15 minutes; `response` is the answer that Discord gets at once.

    With `later`, people see that Sona thinks until the answer takes that message's place. `event` is the id of the event it gave, or empty.
    """

    id: str
    token: str
    response: Mapping[str, Any]
    address: Address | None = None
    event: str = ""
    later: bool = False
    thread: NewThread | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interactions:
    """Reads for one bot. `key` is what buttons are signed with, `offers` are its commands by name, `complete` knows what may be filled in."""

    key: bytes
    offers: Mapping[str, CommandSpec] = field(default_factory=dict[str, CommandSpec])
    complete: Complete = nothing

    def read(self, whole: Json) -> tuple[tuple[Event, ...], OpenInteraction | None]:
        """The event and the question of an interaction; kinds that are not known give neither."""
        kind, named, token = number_or_zero(whole, "type"), snowflake(whole), text(whole, "token")
        match kind:
            case k if k == PING:
                return (), OpenInteraction(id=named, token=token, response={"type": PONG})
            case k if k == COMPLETION:
                return (), OpenInteraction(id=named, token=token, response=self._completed(whole))
            case k if k in (COMMAND, COMPONENT, FORM) and "channel_id" in whole:
                return self._happened(
                    whole, kind, OpenInteraction(id=named, token=token, response={"type": CHANGE_LATER})
                )
            case _:
                return (), None

    def _happened(
        self, whole: Json, kind: int, asked: OpenInteraction
    ) -> tuple[tuple[Event, ...], OpenInteraction | None]:
        data = record(whole.get("data"), "data")
        offer = self.offers.get(text(data, "name")) if kind == COMMAND else None
        place = _place(whole, private=offer is not None and offer.private)
        if kind != COMMAND and self._is_forced(whole, data, place):
            place = DiscordLocation(chat=place.chat, guest=True)
        sender = _sender(whole)
        body = self._body(whole, kind, data, place.address)
        if body is None:
            return (), asked if kind != COMMAND else None
        if isinstance(body, dict):
            return (), OpenInteraction(id=asked.id, token=asked.token, response=body)
        event = Event(
            id=f"discord:{asked.id}",
            address=place.address,
            sender=sender,
            at=moment(asked.id),
            body=body,
            group=_is_group(whole) and not place.only,
        )
        later = kind != COMPONENT
        threaded = offer is not None and offer.threaded and not place.lent and _is_text_channel(whole)
        return (event,), OpenInteraction(
            id=asked.id,
            token=asked.token,
            response=_promise(hidden=bool(place.only)) if later else asked.response,
            address=place.address,
            event=event.id,
            later=later,
            thread=_thread(offer, data, sender) if offer is not None and threaded else None,
        )

    def _is_forced(self, whole: Json, data: Json, place: DiscordLocation) -> bool:
        """Whether it was not us who hid the message: where a server does not want it, Discord hides all that a guest says."""
        if not place.only or not _is_guest(whole):
            return False
        guest = DiscordLocation(chat=place.chat, guest=True).address
        return custom_id.decode(_chosen(data), guest, self.key) is not None

    def _body(self, whole: Json, kind: int, data: Json, address: Address) -> Body | dict[str, Any] | None:
        """What was done, or what it has to be answered with where nothing else comes of it."""
        match kind:
            case k if k == COMMAND:
                return self._command(data, _locale(whole))
            case k if k == COMPONENT:
                choice = custom_id.decode(_chosen(data), address, self.key)
                if choice is not None and forms.opens(choice):
                    return dict(forms.form(custom_id.encode(choice, address, self.key), _locale(whole)))
                return None if choice is None else Tapped(choice=choice, of=_message(whole))
            case _:
                choice = custom_id.decode(text(data, "custom_id"), address, self.key)
                words = forms.written(data) if choice is not None and forms.opens(choice) else ""
                return Said(text=words) if words else None

    def _command(self, data: Json, locale: str) -> Body | dict[str, Any] | None:
        called = text(data, "name")
        match number_or_zero(data, "type") or SLASH:
            case k if k == SLASH and _NAMED.fullmatch(called):
                return Stopped() if called == "stop" else Said(text=" ".join([f"/{called}", *_options(data)]))
            case k if k == ON_MESSAGE:
                return pointed(self.offers.get(called), called, data) or wordless(locale)
            case _:
                return None

    def _completed(self, whole: Json) -> Mapping[str, Any]:
        """What may be filled in where somebody is typing."""
        data = record(whole.get("data"), "data")
        typed = _typed(data)
        found = () if typed is None else self.complete(text(data, "name"), typed, _locale(whole))
        choices = [{"name": label[:_COMPLETION], "value": value} for value, label in found if len(value) <= _COMPLETION]
        return {"type": COMPLETE, "data": {"choices": choices[:_COMPLETIONS]}}


def _promise(*, hidden: bool) -> Mapping[str, Any]:
    return {"type": SAY_LATER, "data": {"flags": EPHEMERAL}} if hidden else {"type": SAY_LATER}


def _thread(offer: CommandSpec, data: Json, sender: Sender) -> NewThread:
    called = offer.name.get(sender.locale.partition("-")[0]) or offer.name.get("") or offer.id
    named = " · ".join(part for part in (" ".join([called, *_options(data)]), sender.name) if part)
    return NewThread(name=named[:_THREAD_NAME], user=sender.id, locale=sender.locale)


def _options(data: Json) -> list[str]:
    """What was filled in, in order; the words of a subcommand's options too."""
    found: list[str] = []
    for option in records(data, "options"):
        value = option.get("value")
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            found.append(text({"value": str(value)}, "value").strip())
        found += _options(option)
    return [word for word in found if word]


def _typed(data: Json) -> str | None:
    """What stands so far in the option that somebody is filling in."""
    for option in records(data, "options"):
        if option.get("focused") is True:
            return text({"value": str(option.get("value", ""))}, "value").strip()
        if (inside := _typed(option)) is not None:
            return inside
    return None


def _chosen(data: Json) -> str:
    """The signed choice of a button, or the first one taken in a menu."""
    values = data.get("values")
    chosen = values[0] if isinstance(values, list) and values else data.get("custom_id")
    if not isinstance(chosen, str):
        raise Malformed("a tap needs its custom_id")
    return text({"id": chosen}, "id")


def _message(whole: Json) -> str:
    message = inner(whole, "message")
    if message is None:
        raise Malformed("a tap needs its message")
    return snowflake(message)


def _place(whole: Json, *, private: bool) -> DiscordLocation:
    """Where the answer goes: what is private, and what comes of it, is for one person where others read along."""
    chat = snowflake(whole, "channel_id")
    if not _is_group(whole):
        return DiscordLocation(chat=chat)
    message = inner(whole, "message")
    if private or (message is not None and number_or_zero(message, "flags") & EPHEMERAL):
        return DiscordLocation(chat=chat, only=_sender(whole).id)
    return DiscordLocation(chat=chat, guest=_is_guest(whole))


def _is_group(whole: Json) -> bool:
    """Whether more than one person reads along; a bot added to its user's account is heard in other people's chats too."""
    return "guild_id" in whole or whole.get("context", _BOT_DM) != _BOT_DM


def _is_guest(whole: Json) -> bool:
    """Whether it was a person who brought the bot along, and not the server that has it."""
    owners = inner(whole, "authorizing_integration_owners")
    brought = owners is not None and _BY_PERSON in owners and _BY_SERVER not in owners
    return brought or whole.get("context") == _PRIVATE_CHAT


def _is_text_channel(whole: Json) -> bool:
    channel = inner(whole, "channel")
    return "guild_id" in whole and channel is not None and channel.get("type") == _TEXT_CHANNEL


def _locale(whole: Json) -> str:
    locale = text(whole, "locale")
    return locale if _LOCALE.fullmatch(locale) else ""


def _sender(whole: Json) -> Sender:
    member = inner(whole, "member")
    person = inner(member if member is not None else whole, "user")
    if person is None:
        raise Malformed("an interaction needs its user")
    return Sender(id=snowflake(person), name=name({**person, "member": member}), locale=_locale(whole))
