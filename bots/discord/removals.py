"""Parses deletions of channels and removals of the bot from servers; pure."""

from datetime import datetime

from bots.discord.json_fields import created_at, snowflake
from bots.json_fields import Json
from core.address import Address
from core.event import Event, Left, Sender


def channel_deleted(payload: Json) -> tuple[Event, ...]:
    """Return a `Left` for a deleted channel or thread."""
    chat = snowflake(payload)
    guild = snowflake(payload, "guild_id") if "guild_id" in payload else chat
    return (left_event(chat, guild, created_at(chat), id_suffix=chat),)


def left_guild(payload: Json) -> str:
    """Return the id of the server that removed the bot; empty if the server is only unavailable."""
    guild_id = snowflake(payload)
    return "" if payload.get("unavailable") is True else guild_id


def left_event(chat: str, guild: str, at: datetime, *, id_suffix: str) -> Event:
    """Return the event that ends a chat; the server is its sender."""
    return Event(
        id=f"discord:left:{id_suffix}",
        address=Address("discord", chat),
        sender=Sender(id=guild),
        at=at,
        body=Left(),
        group=True,
    )
