"""Reads that a chat is gone, or that the bot was put out of a server; pure."""

from datetime import datetime

from bots.discord.json_fields import created_at, snowflake
from bots.json_fields import Json
from core.address import Address
from core.event import Event, Left, Sender


def channel_deleted(payload: Json) -> tuple[Event, ...]:
    """A channel or a thread was deleted."""
    chat = snowflake(payload)
    guild = snowflake(payload, "guild_id") if "guild_id" in payload else chat
    return (left_event(chat, guild, created_at(chat), id_suffix=chat),)


def left_guild(payload: Json) -> str:
    """The server that the bot is no longer in; nothing where the server is only out of order."""
    guild_id = snowflake(payload)
    return "" if payload.get("unavailable") is True else guild_id


def left_event(chat: str, guild: str, at: datetime, *, id_suffix: str) -> Event:
    return Event(
        id=f"discord:left:{id_suffix}",
        address=Address("discord", chat),
        sender=Sender(id=guild),
        at=at,
        body=Left(),
        group=True,
    )
