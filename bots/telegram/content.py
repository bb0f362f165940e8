"""What a message holds: words, a voice, files, or something that has neither; pure."""

from bots.json_fields import Json, inner, number_or_zero, record, records
from bots.telegram.json_fields import text
from bots.telegram.quotation import below
from bots.telegram.wording import TelegramWords
from core.errors import Malformed
from core.event import Body, Gesture, Joined, Said, Shared, Spoke
from core.media import Media

_OTHER = ("game", "story", "checklist", "paid_media", "giveaway", "invoice")
_SOUNDS = ("voice", "audio", "video_note")
_FILES = ("photo", "document", "video")
_GESTURES = ("sticker", "animation", "venue", "location", "contact", "dice", "poll", *_OTHER)
_BESIDE_WORDS = frozenset((*_SOUNDS, *_FILES, *_GESTURES))
_SHORT = 16


def bodies(message: Json, said: TelegramWords, *, quoted: str = "", edited: bool = False) -> tuple[Body, ...]:
    """What was done, in order; nothing for what is not for Sona or no doing of a person's.

    `quoted` is what the words are about. Words beside a sound, or beside a picture that nobody reads, are said before it.
    """
    if said.elsewhere:
        return ()
    if said.command == "start":
        return (Joined(start=said.text.removeprefix("/start").strip()),)
    words = said.text if said.command else below(quoted, said.text)
    if _BESIDE_WORDS.isdisjoint(message):
        return _said(words, said, edited=edited) if "text" in message else ()
    before = (Said(text=words),) if said.text else ()
    if spoke := _heard(message):
        return (*before, spoke)
    if gesture := _gesture(message):
        return before or (gesture,)
    if shared := _shared(message, words if said.text else ""):
        return (shared,)
    return _said(words, said, edited=edited) if "text" in message else ()


def _said(words: str, said: TelegramWords, *, edited: bool) -> tuple[Body, ...]:
    """Who only calls the bot is told what it can do."""
    if not said.text and not said.mentioned:
        return ()
    return (Said(text=words or "/help", edited=edited),)


def _heard(message: Json) -> Spoke | None:
    sound = _file(message, "voice", "audio/ogg") or _file(message, "audio", "audio/mpeg")
    sound = sound or _file(message, "video_note", "video/mp4")
    return Spoke(audio=sound) if sound else None


def _shared(message: Json, words: str) -> Shared | None:
    media = _picture(message) or _file(message, "document", "") or _file(message, "video", "video/mp4")
    return Shared(media=media, text=words, album=text(message, "media_group_id")) if media else None


def _gesture(message: Json) -> Gesture | None:
    """A moving picture comes as a document too, and a venue as a location: the first is what people sent."""
    if (sticker := inner(message, "sticker")) is not None:
        return Gesture(what="sticker", text=text(sticker, "emoji")[:_SHORT])
    if "animation" in message:
        return Gesture(what="sticker")
    if "venue" in message or "location" in message:
        return Gesture(what="place")
    if "contact" in message:
        return Gesture(what="contact")
    if (dice := inner(message, "dice")) is not None:
        return Gesture(what="dice", text=f"{text(dice, 'emoji')[:_SHORT]} {number_or_zero(dice, 'value')}".strip())
    if "poll" in message:
        return Gesture(what="poll")
    return Gesture(what="other") if any(name in message for name in _OTHER) else None


def _picture(message: Json) -> Media | None:
    """The largest of a photo's sizes, which all show the same."""
    sizes = records(message, "photo")
    if not sizes:
        return None
    return _media(
        max(sizes, key=lambda size: number_or_zero(size, "width") * number_or_zero(size, "height")), "image/jpeg"
    )


def _file(message: Json, name: str, mime: str) -> Media | None:
    file = inner(message, name)
    return None if file is None else _media(record(file, name), mime)


def _media(file: Json, mime: str) -> Media:
    if not (ref := text(file, "file_id")):
        raise Malformed("a file needs its id")
    return Media(
        ref=ref,
        mime=text(file, "mime_type") or mime or "application/octet-stream",
        name=text(file, "file_name"),
        size=number_or_zero(file, "file_size"),
        seconds=float(min(number_or_zero(file, "duration"), 10**9)),
    )
