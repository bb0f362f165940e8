"""Reads an interaction (a command, a tap, a form) into an event and into what Discord has to be told within three seconds; pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bots.discord import custom_id
from bots.discord.messages import media
from bots.discord.shape import Json, inner, moment, number, record, records, snowflake, text
from bots.discord.wording import name
from core.address import Address
from core.errors import Malformed
from core.event import Body, Event, Said, Sender, Shared, Stopped, Tapped

PING, COMMAND, COMPONENT, COMPLETION, FORM = 1, 2, 3, 4, 5
PONG, SAY_LATER, CHANGE_LATER, COMPLETE = 1, 5, 6, 8
EPHEMERAL = 1 << 6
_SLASH, _ON_MESSAGE = 1, 3
_BOT_DM = 1
_LOCALE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_NAMED = re.compile(r"[\w-]{1,32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An interaction that waits for its answer. `token` is good for 15 minutes; `response` is the answer that Discord gets at once.

    With `later`, people see that Sona thinks until the answer takes that message's place. `event` is the id of the event it gave, or empty.
    """

    id: str
    token: str
    response: Mapping[str, Any]
    address: Address | None = None
    event: str = ""
    later: bool = False


def interaction(whole: Json, key: bytes) -> tuple[tuple[Event, ...], Asked | None]:
    """The event and the question of an interaction; kinds that are not known give neither. `key` is what buttons are signed with."""
    kind, named, token = number(whole, "type"), snowflake(whole), text(whole, "token")
    if kind == PING:
        return (), Asked(id=named, token=token, response={"type": PONG})
    if kind == COMPLETION:
        return (), Asked(id=named, token=token, response={"type": COMPLETE, "data": {"choices": []}})
    if kind not in (COMMAND, COMPONENT, FORM) or "channel_id" not in whole:
        return (), None
    address = Address("discord", snowflake(whole, "channel_id"))
    body = _body(whole, kind, address, key)
    if body is None:
        return (), Asked(id=named, token=token, response={"type": CHANGE_LATER}) if kind == COMPONENT else None
    event = Event(
        id=f"discord:{named}",
        address=address,
        sender=_sender(whole),
        at=moment(named),
        body=body,
        group=_is_group(whole),
    )
    later = kind != COMPONENT
    asked = Asked(
        id=named,
        token=token,
        response={"type": SAY_LATER if later else CHANGE_LATER},
        address=address,
        event=event.id,
        later=later,
    )
    return (event,), asked


def _body(whole: Json, kind: int, address: Address, key: bytes) -> Body | None:
    data = record(whole.get("data"), "data")
    match kind:
        case k if k == COMMAND:
            return _command(data)
        case k if k == COMPONENT:
            return _tap(whole, data, address, key)
        case _:
            words = [
                text(field, "value") for row in records(data, "components") for field in records(row, "components")
            ]
            return Said(text="\n".join(word.strip() for word in words if word.strip()))


def _command(data: Json) -> Body | None:
    called = text(data, "name")
    match number(data, "type") or _SLASH:
        case k if k == _SLASH and _NAMED.fullmatch(called):
            return Stopped() if called == "stop" else Said(text=" ".join([f"/{called}", *_options(data)]))
        case k if k == _ON_MESSAGE:
            return _on_message(called, data)
        case _:
            return None


def _options(data: Json) -> list[str]:
    """What was filled in, in order; the words of a subcommand's options too."""
    found: list[str] = []
    for option in records(data, "options"):
        value = option.get("value")
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            found.append(text({"value": str(value)}, "value").strip())
        found += _options(option)
    return [word for word in found if word]


def _on_message(called: str, data: Json) -> Body | None:
    """A command from a message's menu: what it is called, and that message's words or its first file."""
    resolved = inner(data, "resolved")
    found = inner(resolved, "messages") if resolved is not None else None
    message = inner(found, snowflake(data, "target_id")) if found is not None else None
    if message is None:
        return None
    said = f"{called}:\n{text(message, 'content')}".strip()
    files = records(message, "attachments")
    if files and not text(message, "content"):
        return Shared(media=media(files[0]), text=called)
    return Said(text=said)


def _tap(whole: Json, data: Json, address: Address, key: bytes) -> Body | None:
    message = inner(whole, "message")
    if message is None:
        return None
    values = data.get("values")
    chosen = values[0] if isinstance(values, list) and values else data.get("custom_id")
    if not isinstance(chosen, str):
        raise Malformed("a tap needs its custom_id")
    choice = custom_id.decode(text({"id": chosen}, "id"), address, key)
    return None if choice is None else Tapped(choice=choice, of=snowflake(message))


def _is_group(whole: Json) -> bool:
    """Whether more than one person reads along; a bot added to its user's account is heard in other people's chats too."""
    return "guild_id" in whole or whole.get("context", _BOT_DM) != _BOT_DM


def _sender(whole: Json) -> Sender:
    member = inner(whole, "member")
    person = inner(member if member is not None else whole, "user")
    if person is None:
        raise Malformed("an interaction needs its user")
    locale = text(whole, "locale")
    return Sender(
        id=snowflake(person),
        name=name({**person, "member": member}),
        locale=locale if _LOCALE.fullmatch(locale) else "",
    )
