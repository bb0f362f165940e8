"""Parses gateway dispatches and HTTP interactions into the same events; pure, and fast enough for the webhook's hot path."""

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
"""The gateway dispatches that are parsed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedUpdate:
    """The content of a dispatch. `interaction` waits for a response; `guild` is the server's id or empty; `left_guild` is
    the id of a server that removed the bot.
    """

    events: tuple[Event, ...] = ()
    interaction: OpenInteraction | None = None
    guild: str = ""
    left_guild: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordParser:
    """Parses for one bot. `key` signs its buttons, `commands` are by id."""

    bot: DiscordBot
    key: bytes
    commands: Mapping[str, CommandSpec] = field(default_factory=dict[str, CommandSpec])
    autocomplete: Autocomplete = no_suggestions

    def body(self, body: bytes) -> ParsedUpdate:
        """Parse an interaction that came over HTTP. Raises `Malformed` for anything else."""
        try:
            payload: object = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Malformed("the body is not JSON") from error
        if not number_or_zero(record(payload, "interaction"), "type"):
            raise Malformed("an interaction needs a type")
        return self.dispatch(INTERACTION, payload)

    def dispatch(self, name: str, data: object) -> ParsedUpdate:
        """Parse a gateway dispatch. Unknown names give no events; raises `Malformed` for invalid data."""
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
                parser = InteractionParser(key=self.key, commands=self.commands, autocomplete=self.autocomplete)
                events, interaction = parser.parse(payload)
                return ParsedUpdate(events=events, interaction=interaction, guild=guild)
            case "CHANNEL_DELETE" | "THREAD_DELETE":
                return ParsedUpdate(events=removals.channel_deleted(payload), guild=guild)
            case "GUILD_DELETE":
                return ParsedUpdate(left_guild=removals.left_guild(payload))
            case _:
                return ParsedUpdate()
