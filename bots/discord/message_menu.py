"""Parses commands of the context menu of messages; pure."""

from collections.abc import Iterator
from typing import Any

from bots.discord.commands import CommandSpec
from bots.discord.json_fields import snowflake, text
from bots.discord.messages import media
from bots.discord.render import EPHEMERAL
from bots.json_fields import Json, inner, records
from core.event import Body, Said, Shared
from core.phrases import phrase

_MESSAGE = 4


def menu_command(command: CommandSpec | None, name: str, data: Json) -> Body | None:
    """Return the command applied to the message's text or first file; `None` if it has neither."""
    resolved = inner(data, "resolved")
    messages = inner(resolved, "messages") if resolved is not None else None
    message = inner(messages, snowflake(data, "target_id")) if messages is not None else None
    if message is None:
        return None
    content = "\n".join(_texts(message))
    if content:
        return Said(
            text=f"/{command.slash_command} {content}"
            if command is not None and command.slash_command
            else f"{name}:\n{content}"
        )
    files = records(message, "attachments")
    return Shared(media=media(files[0]), text=name) if files else None


def nothing_to_read(locale: str) -> dict[str, Any]:
    """Return the ephemeral response for a message without text and files."""
    content = phrase("menu.wordless", locale or "en")
    return {"type": _MESSAGE, "data": {"content": content, "flags": EPHEMERAL, "allowed_mentions": {"parse": []}}}


def _texts(message: Json) -> Iterator[str]:
    """Yield the texts of a message, the messages that it forwards, and their embeds."""
    forwarded = [inner(snapshot, "message") for snapshot in records(message, "message_snapshots")]
    for each in (message, *(found for found in forwarded if found is not None)):
        parts = [text(each, "content")]
        parts += [text(embed, name) for embed in records(each, "embeds") for name in ("title", "description")]
        yield from (part.strip() for part in parts if part.strip())
