"""Reads what comes from the gateway and by HTTP into the same events; pure, and quick enough for the webhook's hot path."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from bots.discord import removals
from bots.discord.commands import Autocomplete, CommandSpec, no_suggestions
from bots.discord.interactions import InteractionParser, OpenInteraction
from bots.discord.json_fields import text
from bots.discord.messages import edit_events, message_events
from bots.discord.wording import DiscordBot
from bots.json_fields import number_or_zero, record
from core.errors import Malformed
from core.event import Event

MESSAGE, INTERACTION = "MESSAGE_CREATE", "INTERACTION_CREATE"
DISPATCHES = (MESSAGE, "MESSAGE_UPDATE", INTERACTION, "CHANNEL_DELETE", "THREAD_DELETE", "GUILD_DELETE")
"""What the gateway tells that is read here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedUpdate:
    """What a call says. `asked` is what Discord wants to be answered at once, if anything.

    `guild` is the server where it happened, or empty; `left` the one that the bot was put out of.
    """

    events: tuple[Event, ...] = ()
    interaction: OpenInteraction | None = None
    guild: str = ""
    left_guild: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordParser:
    """Reads for one bot. `key` is what its buttons are signed with, `offers` are its commands by name, `complete` helps to fill them in."""

    bot: DiscordBot
    key: bytes
    commands: Mapping[str, CommandSpec] = field(default_factory=dict[str, CommandSpec])
    autocomplete: Autocomplete = no_suggestions

    def body(self, body: bytes) -> ParsedUpdate:
        """An interaction that came by HTTP. Raises `Malformed` for anything that is none."""
        try:
            payload: object = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Malformed("the body is no JSON") from error
        call = record(payload, "interaction")
        if not number_or_zero(call, "type"):
            raise Malformed("an interaction needs its type")
        return self.dispatch(INTERACTION, payload)

    def dispatch(self, name: str, data: object) -> ParsedUpdate:
        """What the gateway tells. Names that are not known give no events; raises `Malformed` for what is broken."""
        if name not in DISPATCHES:
            return ParsedUpdate()
        payload = record(data, name)
        guild = text(payload, "guild_id")
        match name:
            case "MESSAGE_CREATE":
                return ParsedUpdate(events=message_events(payload, self.bot), guild=guild)
            case "MESSAGE_UPDATE":
                return ParsedUpdate(events=edit_events(payload, self.bot), guild=guild)
            case "INTERACTION_CREATE":
                reader = InteractionParser(key=self.key, commands=self.commands, autocomplete=self.autocomplete)
                events, interaction = reader.parse(payload)
                return ParsedUpdate(events=events, interaction=interaction, guild=guild)
            case "CHANNEL_DELETE" | "THREAD_DELETE":
                return ParsedUpdate(events=removals.channel_deleted(payload), guild=guild)
            case "GUILD_DELETE":
                return ParsedUpdate(left_guild=removals.left_guild(payload))
            case _:
                return ParsedUpdate()
