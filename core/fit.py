"""Limits and degradation: any reply becomes replies that a channel can show, and each has simpler forms to fall back to."""

from collections.abc import Iterator
from dataclasses import replace
from string import ascii_uppercase
from typing import Literal

from core.channel import Capabilities
from core.markup import plain, split
from core.reply import Choice, Document, Mark, Picture, Quiz, Reply, Source, Text, Voice

FallbackForm = Literal["plain", "text", "numbers", "verdict"]
"""What goes out instead of a form that cannot be shown: words without formatting, words without sound or file, numbered choices, a verdict below its question."""


def fit(reply: Reply, capabilities: Capabilities) -> tuple[Reply, ...]:
    """The reply as the channel can take it, in order, never over a limit; empty only for a voice without sound whose words stand written already."""
    match reply:
        case Text():
            return tuple(_text(reply, capabilities))
        case Voice():
            if capabilities.voice and reply.audio is not None:
                return (replace(reply, text=_cut(reply.text, capabilities.text_limit)),)
            if reply.repeats:
                return ()
            return fit(Text(text=reply.text), capabilities)
        case Quiz():
            return tuple(_quiz(reply, capabilities))
        case Mark():
            if capabilities.edits and capabilities.buttons:
                return (replace(reply, text=_words(reply.text, capabilities)),)
            return fit(Text(text=reply.text), capabilities)
        case Picture():
            if capabilities.pictures:
                return (reply,)
            return fit(Text(text=reply.text or reply.media.name or reply.media.ref), capabilities)
        case Document():
            return (reply,) if capabilities.files else fit(Text(text=_instead(reply)), capabilities)


def sealed(reply: Reply) -> Reply:
    """The reply without the answer to what it asks."""
    return replace(reply, right="", why="") if isinstance(reply, Quiz) else reply


def simpler(reply: Reply) -> Reply | None:
    """The next step down the ladder after a channel refused this form, or `None` at its foot."""
    match reply:
        case Voice(repeats=False):
            return Text(text=reply.text)
        case Quiz() if reply.audio is not None:
            return replace(reply, audio=None)
        case Quiz():
            return Text(text=_numbered(reply.question, reply.choices))
        case Mark():
            return Text(text=reply.text)
        case Picture() if reply.text:
            return Text(text=reply.text)
        case Document():
            return Text(text=_instead(reply))
        case Text() if reply.choices or reply.sources:
            return Text(text=_numbered(_with_sources(reply.text, reply.sources), reply.choices))
        case Text():
            bare = plain(reply.text)
            return Text(text=bare) if bare != reply.text else None
        case _:
            return None


def steps(reply: Reply, fitted: tuple[Reply, ...]) -> tuple[FallbackForm, ...]:
    """The steps down that a reply has taken to become these."""
    last = fitted[-1] if fitted else None
    match reply, last:
        case (Voice(), Text() | None) | (Picture(), Text()) | (Document(), Text()):
            took = ("text",)
        case (Quiz(), Quiz()) if (reply.audio or reply.say) and not last.audio:
            took = ("text",)
        case Mark(), Text():
            took = ("verdict",)
        case _:
            took = ()
    if isinstance(reply, Text | Quiz) and reply.choices and not (isinstance(last, Text | Quiz) and last.choices):
        took = (*took, "numbers")
    return (*took, "plain") if isinstance(reply, Text) and _bared(reply, fitted) else took


def step(reply: Reply, lower: Reply | None) -> FallbackForm:
    """What `simpler` made of a reply; of a voice note whose words stand written already it makes nothing."""
    match reply, lower:
        case Mark(), _:
            return "verdict"
        case (Text(), _) if not reply.choices:
            return "plain"
        case (Text() | Quiz(), Text()):
            return "numbers"
        case _:
            return "text"


def _bared(reply: Text, fitted: tuple[Reply, ...]) -> bool:
    """Whether the words have lost their formatting, and had some."""
    start = fitted[0]
    return isinstance(start, Text) and plain(reply.text) != reply.text and plain(start.text) == start.text


def _instead(reply: Document) -> str:
    return reply.instead or reply.text or reply.media.name or reply.media.mime


def _text(reply: Text, capabilities: Capabilities) -> Iterator[Reply]:
    words = reply.text if capabilities.sources else _with_sources(reply.text, reply.sources)
    choices = _buttons(reply.choices, capabilities)
    if reply.choices and not choices:
        words = _listed(words, reply.choices, capabilities)
    words = _words(words, capabilities)
    pieces = split(words, capabilities.text_limit) or (words,)
    for piece in pieces[:-1]:
        yield Text(text=piece)
    sources = reply.sources if capabilities.sources else ()
    yield replace(reply, text=pieces[-1], choices=choices, sources=sources)


def _quiz(reply: Quiz, capabilities: Capabilities) -> Iterator[Reply]:
    audio = reply.audio if capabilities.voice else None
    question = reply.question
    if reply.say and audio is None:
        question = f"{question}\n\n“{reply.say}”"
    tells = bool(capabilities.polls and reply.right)
    longest = max(capabilities.label_limit, capabilities.polls) if tells else capabilities.label_limit
    choices = _buttons(reply.choices, replace(capabilities, label_limit=longest))
    if reply.choices and not choices:
        question = _listed(question, reply.choices, capabilities)
    pieces = split(_words(question, capabilities), capabilities.text_limit) or (question,)
    for piece in pieces[:-1]:
        yield Text(text=piece)
    asked = replace(reply, question=pieces[-1], choices=choices, audio=audio)
    yield asked if tells and choices else sealed(asked)


def _words(text: str, capabilities: Capabilities) -> str:
    return text if capabilities.formatted else plain(text)


def _buttons(choices: tuple[Choice, ...], capabilities: Capabilities) -> tuple[Choice, ...]:
    """The choices as buttons, or none of them when one does not fit."""
    if len(choices) > capabilities.buttons:
        return ()
    if any(len(choice.value.encode()) > capabilities.choice_bytes for choice in choices):
        return ()
    return tuple(replace(choice, label=_cut(choice.label, capabilities.label_limit)) for choice in choices)


def _numbered(text: str, choices: tuple[Choice, ...]) -> str:
    return _list(text, choices, [str(number) for number in range(1, len(choices) + 1)])


def _listed(text: str, choices: tuple[Choice, ...], capabilities: Capabilities) -> str:
    """The choices below the text, with letters where the channel wants them and there are enough."""
    if not capabilities.letter_choices or len(choices) > len(ascii_uppercase):
        return _numbered(text, choices)
    return _list(text, choices, list(ascii_uppercase[: len(choices)]))


def _list(text: str, choices: tuple[Choice, ...], names: list[str]) -> str:
    lines = [f"{name}. {choice.label}" for name, choice in zip(names, choices, strict=True)]
    return "\n\n".join(part for part in (text, "\n".join(lines)) if part)


def _with_sources(text: str, sources: tuple[Source, ...]) -> str:
    lines = [_source(number, source) for number, source in enumerate(sources, 1)]
    return "\n\n".join(part for part in (text, "\n".join(lines)) if part)


def _source(number: int, source: Source) -> str:
    name = " · ".join(part for part in (source.title, source.section) if part)
    return f"\\[{number}] {name}" + (f" {source.link}" if source.link else "")


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"
