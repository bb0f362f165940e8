"""Reads a message, or its edit, into events; pure."""

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
    """One event for the words, or one for each file; none for what no person wrote or what cannot be read."""
    named, author = snowflake(message), inner(message, "author")
    address = Address("discord", snowflake(message, "channel_id"))
    if author is None:
        raise Malformed("a message needs its author")
    if author.get("bot") is True or "webhook_id" in message or number_or_zero(message, "type") not in (_PLAIN, _REPLY):
        return ()
    said, group = message_text(message, bot), "guild_id" in message
    member = inner(message, "member")
    sender = Sender(id=snowflake(author), name=display_name({**author, "member": member}))
    return tuple(
        Event(
            id=f"discord:{named}" + (f":{place}" if place else ""),
            address=address,
            sender=sender,
            at=created_at(named),
            body=body,
            addressed=not group or said.addressed,
            group=group,
        )
        for place, body in enumerate(_bodies(message, said, group=group))
    )


def edit_events(message: Json, bot: DiscordBot) -> tuple[Event, ...]:
    """One event for words that were changed, by which a message is answered once more and never again.

    Discord tells of an edit also when it shows a link's page or somebody pins a message; then there is no time of editing, or an old one.
    """
    if not text(message, "edited_timestamp") or inner(message, "author") is None:
        return ()
    return tuple(
        replace(event, id=f"{event.id}:edited", body=replace(event.body, edited=True))
        for event in message_events(message, bot)
        if isinstance(event.body, Said) and event.addressed
    )


def _bodies(message: Json, said: DiscordText, *, group: bool) -> tuple[Body, ...]:
    """A reply to us that does not mention us comes without what was written in it."""
    files = tuple(media(attachment) for attachment in records(message, "attachments"))
    if not files:
        stickers = " ".join(text(sticker, "name") for sticker in records(message, "sticker_items"))
        shown = said.text or (f"[{stickers}]" if stickers else "")
        if shown or (group and said.mentioned):
            return (Said(text=shown),)
        return (Gesture(what="unread"),) if group and said.answering else ()
    if len(files) == 1 and _is_sound(files[0]) and not said.text:
        return (Spoke(audio=files[0]),)
    return tuple(Shared(media=file, text="" if place else said.text) for place, file in enumerate(files))


def media(attachment: Json) -> Media:
    """A file by the address it is loaded from."""
    url = text(attachment, "url")
    if not url.startswith(("https://", "http://")):
        raise Malformed("a file needs its address")
    return Media(
        ref=url,
        mime=text(attachment, "content_type") or "application/octet-stream",
        name=text(attachment, "filename"),
        size=max(number_or_zero(attachment, "size"), 0),
        seconds=seconds(attachment, "duration_secs"),
    )


def _is_sound(file: Media) -> bool:
    return file.mime.startswith("audio/")
