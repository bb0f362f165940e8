"""Reads what comes from the gateway and by HTTP into the same events; pure, and quick enough for the webhook's hot path."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from bots.discord import removals
from bots.discord.commands import CommandSpec, Complete, nothing
from bots.discord.interactions import Interactions, OpenInteraction
from bots.discord.json_fields import text
from bots.discord.messages import edited, messages
from bots.discord.wording import DiscordBot
from bots.json_fields import number_or_zero, record
from core.errors import Malformed
from core.event import Event

MESSAGE, INTERACTION = "MESSAGE_CREATE", "INTERACTION_CREATE"
TOLD = (MESSAGE, "MESSAGE_UPDATE", INTERACTION, "CHANNEL_DELETE", "THREAD_DELETE", "GUILD_DELETE")
"""What the gateway tells that is read here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedUpdate:
    """What a call says. `asked` is what Discord wants to be answered at once, if anything.

    `guild` is the server where it happened, or empty; `left` the one that the bot was put out of.
    """

    events: tuple[Event, ...] = ()
    asked: OpenInteraction | None = None
    guild: str = ""
    left: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordParser:
    """Reads for one bot. `key` is what its buttons are signed with, `offers` are its commands by name, `complete` helps to fill them in."""

    bot: DiscordBot
    key: bytes
    offers: Mapping[str, CommandSpec] = field(default_factory=dict[str, CommandSpec])
    complete: Complete = nothing

    def body(self, body: bytes) -> ParsedUpdate:
        """An interaction that came by HTTP. Raises `Malformed` for anything that is none."""
        try:
            whole: object = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Malformed("the body is no JSON") from error
        call = record(whole, "interaction")
        if not number_or_zero(call, "type"):
            raise Malformed("an interaction needs its type")
        return self.dispatch(INTERACTION, whole)

    def dispatch(self, name: str, data: object) -> ParsedUpdate:
        """What the gateway tells. Names that are not known give no events; raises `Malformed` for what is broken."""
        if name not in TOLD:
            return ParsedUpdate()
        told = record(data, name)
        guild = text(told, "guild_id")
        match name:
            case "MESSAGE_CREATE":
                return ParsedUpdate(events=messages(told, self.bot), guild=guild)
            case "MESSAGE_UPDATE":
                return ParsedUpdate(events=edited(told, self.bot), guild=guild)
            case "INTERACTION_CREATE":
                reader = Interactions(key=self.key, offers=self.offers, complete=self.complete)
                events, asked = reader.read(told)
                return ParsedUpdate(events=events, asked=asked, guild=guild)
            case "CHANNEL_DELETE" | "THREAD_DELETE":
                return ParsedUpdate(events=removals.channel(told), guild=guild)
            case "GUILD_DELETE":
                return ParsedUpdate(left=removals.guild(told))
            case _:
                return ParsedUpdate()
