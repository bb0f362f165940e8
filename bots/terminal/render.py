"""Replies as plain text, with their choices numbered."""

from core.markup import plain
from core.reply import Choice, Document, Mark, Picture, Quiz, Reply, Source, Text, Voice

# A terminal obeys these: they could rename its window, hide lines or answer for the person.
_OBEYED = dict.fromkeys((*range(0x09), 0x0B, 0x0C, *range(0x0D, 0x20), *range(0x7F, 0xA0)))


def harmless(text: str) -> str:
    """The text without control characters but tab and newline: a document that is quoted may hold any."""
    return text.translate(_OBEYED)


def words(reply: Reply) -> str:
    """What the reply says, as the Markdown it was written in."""
    match reply:
        case Text() | Voice() | Mark():
            return reply.text
        case Quiz():
            return f"({reply.progress}) {reply.question}" if reply.progress else reply.question
        case Picture() | Document():
            return reply.text or f"[{reply.media.name or reply.media.mime}]"


def choices(reply: Reply) -> tuple[Choice, ...]:
    """What can be chosen from, in the order of its numbers."""
    return reply.choices if isinstance(reply, Text | Quiz) else ()


def pickable(reply: Reply) -> tuple[Choice, ...] | None:
    """What a number alone now stands for; `None` leaves it as it was. The pieces of an ordering question go by several numbers."""
    if isinstance(reply, Quiz):
        return () if reply.form == "ordering" else reply.choices
    return choices(reply) or None


def numbered(options: tuple[Choice, ...]) -> str:
    return "\n".join(f"  {number}. {choice.label}" for number, choice in enumerate(options, 1))


def source(number: int, found: Source) -> str:
    name = " · ".join(part for part in (found.title, found.section) if part)
    return f"  [{number}] {name}" + (f" {found.link}" if found.link else "")


def literal(words: str) -> str:
    """Words as Markdown that shows exactly them."""
    return "".join(f"\\{character}" if character in "\\`*_{}[]()#+-.!|~>&<" else character for character in words)


def text(reply: Reply) -> str:
    """The whole reply as plain text, without a newline at its end."""
    found = reply.sources if isinstance(reply, Text) else ()
    sources = "\n".join(source(number, one) for number, one in enumerate(found, 1))
    return harmless("\n".join(part for part in (plain(words(reply)), sources, numbered(choices(reply))) if part))
