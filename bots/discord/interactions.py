"""Parses an interaction (a command, a tap, a form) into an event and the response that Discord expects within three seconds; pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bots.discord import custom_id, forms
from bots.discord.commands import MESSAGE_MENU, SLASH, Autocomplete, CommandSpec, no_suggestions
from bots.discord.json_fields import created_at, snowflake, text
from bots.discord.location import DiscordLocation
from bots.discord.message_menu import menu_command, nothing_to_read
from bots.discord.render import EPHEMERAL
from bots.discord.wording import display_name
from bots.json_fields import Json, inner, number_or_zero, record, records
from core.address import Address
from core.errors import Malformed
from core.event import Body, Event, Said, Sender, Stopped, Tapped

PING, COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 1, 2, 3, 4, 5
PONG, MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, AUTOCOMPLETE_RESULT = 1, 4, 5, 6, 8
_BOT_DM, _PRIVATE_CHAT = 1, 2
_TEXT_CHANNEL = 0
_INSTALLED_IN_SERVER, _INSTALLED_BY_USER = "0", "1"
_MAX_SUGGESTIONS, _MAX_SUGGESTION = 25, 100
_MAX_THREAD_NAME = 100
_LOCALE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_COMMAND_NAME = re.compile(r"[\w-]{1,32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewThread:
    """A thread to open before the event is stored, which is then addressed to it; `user` is the sender's id."""

    name: str
    user: str
    locale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenInteraction:
    """An interaction without a response. `token` is valid for 15 minutes; `response` is the first response to send.

    A `deferred` response shows "is thinking…" until the answer replaces it. `event_id` is empty if there is no event.
    """

    id: str
    token: str
    response: Mapping[str, Any]
    address: Address | None = None
    event_id: str = ""
    deferred: bool = False
    new_thread: NewThread | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionParser:
    """Parses for one bot. `key` signs its buttons, `commands` are by id."""

    key: bytes
    commands: Mapping[str, CommandSpec] = field(default_factory=dict[str, CommandSpec])
    autocomplete: Autocomplete = no_suggestions

    def parse(self, payload: Json) -> tuple[tuple[Event, ...], OpenInteraction | None]:
        """Return the events and the interaction to respond to; unknown types give neither."""
        kind, interaction_id, token = number_or_zero(payload, "type"), snowflake(payload), text(payload, "token")
        match kind:
            case k if k == PING:
                return (), OpenInteraction(id=interaction_id, token=token, response={"type": PONG})
            case k if k == AUTOCOMPLETE:
                return (), OpenInteraction(
                    id=interaction_id, token=token, response=self._autocomplete_response(payload)
                )
            case k if k in (COMMAND, COMPONENT, MODAL_SUBMIT) and "channel_id" in payload:
                return self._parse_event(
                    payload, kind, OpenInteraction(id=interaction_id, token=token, response={"type": DEFERRED_UPDATE})
                )
            case _:
                return (), None

    def _parse_event(
        self, payload: Json, kind: int, interaction: OpenInteraction
    ) -> tuple[tuple[Event, ...], OpenInteraction | None]:
        data = record(payload.get("data"), "data")
        command = self.commands.get(text(data, "name")) if kind == COMMAND else None
        location = _location(payload, private=command is not None and command.private)
        if kind != COMMAND and self._is_forced_ephemeral(payload, data, location):
            location = DiscordLocation(chat=location.chat, guest=True)
        sender = _sender(payload)
        body = self._body(payload, kind, data, location.address)
        if body is None:
            return (), interaction if kind != COMMAND else None
        if isinstance(body, dict):
            return (), OpenInteraction(id=interaction.id, token=interaction.token, response=body)
        event = Event(
            id=f"discord:{interaction.id}",
            address=location.address,
            sender=sender,
            at=created_at(interaction.id),
            body=body,
            group=_is_group(payload) and not location.private_to,
        )
        deferred = kind != COMPONENT
        threaded = command is not None and command.threaded and not location.needs_token and _is_text_channel(payload)
        return (event,), OpenInteraction(
            id=interaction.id,
            token=interaction.token,
            response=_deferred_message(ephemeral=bool(location.private_to)) if deferred else interaction.response,
            address=location.address,
            event_id=event.id,
            deferred=deferred,
            new_thread=_new_thread(command, data, sender) if command is not None and threaded else None,
        )

    def _is_forced_ephemeral(self, payload: Json, data: Json, location: DiscordLocation) -> bool:
        """Return whether Discord made our message ephemeral, as servers can demand of user-installed apps."""
        if not location.private_to or not _is_guest(payload):
            return False
        guest = DiscordLocation(chat=location.chat, guest=True).address
        return custom_id.decode(_selected_id(data), guest, self.key) is not None

    def _body(self, payload: Json, kind: int, data: Json, address: Address) -> Body | dict[str, Any] | None:
        """Return the event's body, or the response (a dictionary) if the interaction gives no event."""
        match kind:
            case k if k == COMMAND:
                return self._command(data, _locale(payload))
            case k if k == COMPONENT:
                choice = custom_id.decode(_selected_id(data), address, self.key)
                if choice is not None and forms.is_form_choice(choice):
                    return dict(forms.modal(custom_id.encode(choice, address, self.key), _locale(payload)))
                return None if choice is None else Tapped(choice=choice, of=_message_id(payload))
            case _:
                choice = custom_id.decode(text(data, "custom_id"), address, self.key)
                words = forms.submitted_text(data) if choice is not None and forms.is_form_choice(choice) else ""
                return Said(text=words) if words else None

    def _command(self, data: Json, locale: str) -> Body | dict[str, Any] | None:
        name = text(data, "name")
        match number_or_zero(data, "type") or SLASH:
            case k if k == SLASH and _COMMAND_NAME.fullmatch(name):
                return Stopped() if name == "stop" else Said(text=" ".join([f"/{name}", *_options(data)]))
            case k if k == MESSAGE_MENU:
                return menu_command(self.commands.get(name), name, data) or nothing_to_read(locale)
            case _:
                return None

    def _autocomplete_response(self, payload: Json) -> Mapping[str, Any]:
        """Return suggestions for the option that has the focus."""
        data = record(payload.get("data"), "data")
        typed = _focused_text(data)
        suggestions = () if typed is None else self.autocomplete(text(data, "name"), typed, _locale(payload))
        choices = [
            {"name": label[:_MAX_SUGGESTION], "value": value}
            for value, label in suggestions
            if len(value) <= _MAX_SUGGESTION
        ]
        return {"type": AUTOCOMPLETE_RESULT, "data": {"choices": choices[:_MAX_SUGGESTIONS]}}


def _deferred_message(*, ephemeral: bool) -> Mapping[str, Any]:
    return {"type": DEFERRED_MESSAGE, "data": {"flags": EPHEMERAL}} if ephemeral else {"type": DEFERRED_MESSAGE}


def _new_thread(command: CommandSpec, data: Json, sender: Sender) -> NewThread:
    command_name = command.name.get(sender.locale.partition("-")[0]) or command.name.get("") or command.id
    thread_name = " · ".join(part for part in (" ".join([command_name, *_options(data)]), sender.name) if part)
    return NewThread(name=thread_name[:_MAX_THREAD_NAME], user=sender.id, locale=sender.locale)


def _options(data: Json) -> list[str]:
    """Return the values of all options in order, including those of subcommands."""
    values: list[str] = []
    for option in records(data, "options"):
        value = option.get("value")
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            values.append(text({"value": str(value)}, "value").strip())
        values += _options(option)
    return [word for word in values if word]


def _focused_text(data: Json) -> str | None:
    """Return the text typed so far in the focused option."""
    for option in records(data, "options"):
        if option.get("focused") is True:
            return text({"value": str(option.get("value", ""))}, "value").strip()
        if (nested := _focused_text(option)) is not None:
            return nested
    return None


def _selected_id(data: Json) -> str:
    """Return the signed choice of a button, or the first one selected in a menu."""
    values = data.get("values")
    selected = values[0] if isinstance(values, list) and values else data.get("custom_id")
    if not isinstance(selected, str):
        raise Malformed("a component interaction needs a custom_id")
    return text({"id": selected}, "id")


def _message_id(payload: Json) -> str:
    message = inner(payload, "message")
    if message is None:
        raise Malformed("a component interaction needs its message")
    return snowflake(message)


def _location(payload: Json, *, private: bool) -> DiscordLocation:
    """Return where to answer: in a group, private commands and interactions with ephemeral messages are answered privately."""
    channel = snowflake(payload, "channel_id")
    if not _is_group(payload):
        return DiscordLocation(chat=channel)
    message = inner(payload, "message")
    if private or (message is not None and number_or_zero(message, "flags") & EPHEMERAL):
        return DiscordLocation(chat=channel, private_to=_sender(payload).id)
    return DiscordLocation(chat=channel, guest=_is_guest(payload))


def _is_group(payload: Json) -> bool:
    """Return whether others can read the chat; a user-installed bot is also used in private chats between other people."""
    return "guild_id" in payload or payload.get("context", _BOT_DM) != _BOT_DM


def _is_guest(payload: Json) -> bool:
    """Return whether the bot acts for its user, without being installed in the server or a member of the chat."""
    owners = inner(payload, "authorizing_integration_owners")
    user_installed = owners is not None and _INSTALLED_BY_USER in owners and _INSTALLED_IN_SERVER not in owners
    return user_installed or payload.get("context") == _PRIVATE_CHAT


def _is_text_channel(payload: Json) -> bool:
    channel = inner(payload, "channel")
    return "guild_id" in payload and channel is not None and channel.get("type") == _TEXT_CHANNEL


def _locale(payload: Json) -> str:
    locale = text(payload, "locale")
    return locale if _LOCALE.fullmatch(locale) else ""


def _sender(payload: Json) -> Sender:
    member = inner(payload, "member")
    person = inner(member if member is not None else payload, "user")
    if person is None:
        raise Malformed("an interaction needs a user")
    return Sender(id=snowflake(person), name=display_name({**person, "member": member}), locale=_locale(payload))
