"""Parses messages and their edits into events; pure."""

from dataclasses import replace

from bots.discord.json_fields import created_at, seconds, snowflake, text
from bots.discord.wording import DiscordBot, DiscordText, display_name, message_text
from bots.json_fields import Json, inner, number_or_zero, records
from core.address import Address
from core.errors import Malformed
from core.event import Body, Event, Gesture, Said, Sender, Shared, Spoke
from core.media import Media

_PLAIN, _REPLY = 0, 19


def message_events(message: Json, bot: DiscordBot) -> tuple[Event, ...]:
    """Return one event for the text or one for each file; none for bots, webhooks, system messages and empty messages."""
    message_id, author = snowflake(message), inner(message, "author")
    address = Address("discord", snowflake(message, "channel_id"))
    if author is None:
        raise Malformed("a message needs an author")
    if author.get("bot") is True or "webhook_id" in message or number_or_zero(message, "type") not in (_PLAIN, _REPLY):
        return ()
    said, group = message_text(message, bot), "guild_id" in message
    member = inner(message, "member")
    sender = Sender(id=snowflake(author), name=display_name({**author, "member": member}))
    return tuple(
        Event(
            id=f"discord:{message_id}" + (f":{index}" if index else ""),
            address=address,
            sender=sender,
            at=created_at(message_id),
            body=body,
            addressed=not group or said.addressed,
            group=group,
            message_id=message_id,
        )
        for index, body in enumerate(_bodies(message, said, group=group))
    )


def edit_events(message: Json, bot: DiscordBot) -> tuple[Event, ...]:
    """Return an event for an edited text; later edits of the message have the same event id, so only the first is answered.

    Discord also reports an edit for link previews and pins, without or with an old `edited_timestamp`.
    """
    if not text(message, "edited_timestamp") or inner(message, "author") is None:
        return ()
    return tuple(
        replace(event, id=f"{event.id}:edited", body=replace(event.body, edited=True))
        for event in message_events(message, bot)
        if isinstance(event.body, Said) and event.addressed
    )


def _bodies(message: Json, said: DiscordText, *, group: bool) -> tuple[Body, ...]:
    """Return the bodies; a reply to the bot without a mention is unreadable, as Discord withholds its content."""
    files = tuple(media(attachment) for attachment in records(message, "attachments"))
    if not files:
        stickers = " ".join(text(sticker, "name") for sticker in records(message, "sticker_items"))
        shown = said.text or (f"[{stickers}]" if stickers else "")
        if shown or (group and said.mentioned):
            return (Said(text=shown),)
        return (Gesture(what="unread"),) if group and said.answering else ()
    if len(files) == 1 and _is_sound(files[0]) and not said.text:
        return (Spoke(audio=files[0]),)
    return tuple(Shared(media=file, text="" if index else said.text) for index, file in enumerate(files))


def media(attachment: Json) -> Media:
    """Return a file, referenced by its URL."""
    url = text(attachment, "url")
    if not url.startswith(("https://", "http://")):
        raise Malformed("an attachment needs a URL")
    return Media(
        ref=url,
        mime=text(attachment, "content_type") or "application/octet-stream",
        name=text(attachment, "filename"),
        size=max(number_or_zero(attachment, "size"), 0),
        seconds=seconds(attachment, "duration_secs"),
    )


def _is_sound(file: Media) -> bool:
    return file.mime.startswith("audio/")
