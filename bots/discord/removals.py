"""Reads that a chat is gone, or that the bot was put out of a server; pure."""

from datetime import datetime

from bots.discord.json_fields import moment, snowflake
from bots.json_fields import Json
from core.address import Address
from core.event import Event, Left, Sender


def channel(gone: Json) -> tuple[Event, ...]:
    """A channel or a thread was deleted."""
    chat = snowflake(gone)
    guild = snowflake(gone, "guild_id") if "guild_id" in gone else chat
    return (left(chat, guild, moment(chat), named=chat),)


def guild(gone: Json) -> str:
    """The server that the bot is no longer in; nothing where the server is only out of order."""
    named = snowflake(gone)
    return "" if gone.get("unavailable") is True else named


def left(chat: str, guild: str, at: datetime, *, named: str) -> Event:
    return Event(
        id=f"discord:left:{named}",
        address=Address("discord", chat),
        sender=Sender(id=guild),
        at=at,
        body=Left(),
        group=True,
    )
