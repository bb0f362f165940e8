"""Events and replies as lines of the history."""

from datetime import datetime

from core.conversation import Message
from core.dialogue.text import words
from core.event import Event, Shared
from core.reply import Document, Mark, Picture, Quiz, Reply, Text, Voice

_HIDDEN = "…"


def heard(event: Event) -> Message | None:
    """What a person said, with their name in a group; `None` where nothing was said."""
    text = words(event)
    if isinstance(event.body, Shared):
        text = f"[file: {event.body.media.name or event.body.media.mime}] {text}".strip()
    if not text:
        return None
    who = (event.sender.name, event.sender.id) if event.group else ("", "")
    return Message(role="person", text=text, at=event.at, speaker=who[0], sender=who[1], platform_id=event.message_id)


def spoken(reply: Reply, at: datetime) -> Message | None:
    """What Sona said; `None` where a reply has no words."""
    text = shown(reply)
    return Message(role="sona", text=text, at=at) if text.strip() else None


def shown(reply: Reply) -> str:
    """A reply in words alone."""
    match reply:
        case Quiz(question=question, choices=choices):
            return " · ".join((question, *(choice.label for choice in choices)))
        case Text(text=text, secret=secret) if secret:
            return text.replace(secret, _HIDDEN)
        case Text(text=text) | Voice(text=text) | Mark(text=text) | Picture(text=text) | Document(text=text):
            return text
