"""Writes replies as the bodies of text messages; pure."""

from bots.twilio.segments import pieces, thrifty
from core.media import Media
from core.reply import Document, Mark, Picture, Quiz, Reply, Text, Voice

MOST_SEGMENTS = 10
"""Twilio takes 1,600 characters; carriers deliver up to ten segments well."""
TEXT_LIMIT = 1530


def bodies(reply: Reply) -> tuple[str, ...]:
    """The bodies of the messages that say a fitted reply, in order; none where it has no words."""
    return tuple(pieces(thrifty(words(reply)), MOST_SEGMENTS))


def words(reply: Reply) -> str:
    match reply:
        case Quiz():
            return f"({reply.progress}) {reply.question}" if reply.progress else reply.question
        case Voice() if reply.audio is not None:
            return ""
        case Text() | Voice() | Mark() | Picture() | Document():
            return reply.text


def attached(reply: Reply) -> Media | None:
    """The file that goes with a reply."""
    match reply:
        case Voice() | Quiz():
            return reply.audio
        case Picture():
            return reply.media
        case Text() | Mark() | Document():
            return None
