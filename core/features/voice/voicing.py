"""Speech synthesis for replies and recognition for events; a failure of either leaves the text."""

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, replace

from core.errors import Failure, Malformed, Refused
from core.event import Event, Spoke
from core.markup import plain
from core.media import Audio, Media
from core.ports.blobs import Blobs
from core.ports.voice import Hearing, Speech, SpeechStyle
from core.question import OpenQuiz
from core.reply import Quiz, Reply, Text, Voice

MAX_SPOKEN_CHARACTERS = 600
_ADDRESS = re.compile(r"(?<!\s)\s*\((?:https?://|mailto:)(?:[^()\s]|\([^()\s]*\))*\)|https?://\S+")
_MARKS = re.compile(r"^[ \t]*(?:[>•|—-]+[ \t]*)+|[ \t]\|[ \t]", re.MULTILINE)

Fetch = Callable[[Media], Awaitable[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechDeps:
    """The voice, the store for audio, and the seconds a turn waits for all of its audio."""

    speech: Speech
    blobs: Blobs
    limit: float = 8.0


async def with_speech(
    replies: tuple[Reply, ...], mouth: SpeechDeps, *, language: str, wanted: bool, voice: str = ""
) -> tuple[Reply, ...]:
    """The replies with audio; what cannot be synthesised in time keeps `audio=None`, and all text stays.

    `Voice` and `Quiz` with `say` are always filled. With `wanted`, each short `Text` without a secret is followed by a
    `Voice` that says it in `language` with the voice of that name.
    """
    async with _speaking(mouth) as say:
        sounds = [_sound(say, reply, language=language, wanted=wanted, voice=voice) for reply in replies]
    made: list[Reply] = []
    for reply, spoken in zip(replies, sounds, strict=True):
        if spoken is None:
            made.append(reply)
        else:
            made.extend(_with(reply, None if spoken.cancelled() else spoken.result(), language))
    return tuple(made)


async def transcribed(event: Event, hearing: Hearing, *, fetch: Fetch, language: str, quiz: OpenQuiz | None) -> Event:
    """The event with its text in `Spoke.heard`, or with the reason in `Spoke.unheard`; never a guess.

    Other events, and speech that has its text already, come back unchanged. Never raises `core.errors`.
    """
    body = event.body
    if not isinstance(body, Spoke) or body.heard.strip() or body.audio is None:
        return event
    try:
        audio = Audio(data=await fetch(body.audio), mime=body.audio.mime, seconds=body.audio.seconds)
    except Failure:
        return _unheard(event, body, "voice.unfetched")
    try:
        heard = await hearing.hear(audio, language=answered_in(quiz) or language, expected=expected(quiz))
    except Malformed:
        return _unheard(event, body, "voice.broken")
    except Refused:
        return _unheard(
            event, body, "voice.refused" if quiz is None or quiz.current is None else "voice.unpronounceable"
        )
    except Failure:
        return _unheard(event, body, "voice.away")
    if heard.text.strip():
        return replace(event, body=replace(body, heard=heard.text.strip()))
    return _unheard(event, body, "voice.bounded" if heard.bounded else "voice.unheard")


def expected(quiz: OpenQuiz | None) -> tuple[str, ...]:
    """Everything that answers the open question aloud: the choices with their numbers and letters, or the accepted answers."""
    question = quiz.current if quiz else None
    if question is None:
        return ()
    if not question.choices or question.form == "ordering":
        return question.answers
    count = len(question.choices)
    numbers = tuple(str(number) for number in range(1, count + 1))
    letters = tuple("abcdefgh"[:count])
    return (*(choice.label for choice in question.choices), *numbers, *letters)


def answered_in(quiz: OpenQuiz | None) -> str:
    return quiz.current.language if quiz and quiz.current else ""


def spoken(text: str) -> str:
    """The text without Markdown, addresses and list marks, for reading aloud."""
    return _MARKS.sub(" ", _ADDRESS.sub("", plain(text))).strip()


StartSpeech = Callable[[str, SpeechStyle], "asyncio.Task[Media | None]"]


@contextlib.asynccontextmanager
async def _speaking(mouth: SpeechDeps) -> AsyncGenerator[StartSpeech]:
    """Yield a function that starts a synthesis; on exit wait for all until the limit and cancel the rest."""
    tasks: list[asyncio.Task[Media | None]] = []

    def say(words: str, manner: SpeechStyle) -> asyncio.Task[Media | None]:
        tasks.append(asyncio.create_task(_say(mouth, words, manner)))
        return tasks[-1]

    try:
        yield say
        if tasks:
            await asyncio.wait(tasks, timeout=mouth.limit)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _say(mouth: SpeechDeps, words: str, manner: SpeechStyle) -> Media | None:
    try:
        audio = await mouth.speech.speak(words, manner)
        ref = await mouth.blobs.put(audio.data, mime=audio.mime)
    except Failure:
        return None
    return Media(ref=ref, mime=audio.mime, name="voice.ogg", size=len(audio.data), seconds=audio.seconds)


def _sound(
    say: StartSpeech, reply: Reply, *, language: str, wanted: bool, voice: str
) -> "asyncio.Task[Media | None] | None":
    match reply:
        case Voice(audio=None):
            return say(spoken(reply.text), SpeechStyle(language=reply.language or language))
        case Quiz(audio=None) if reply.say:
            return say(reply.say, SpeechStyle(language=reply.language or language))
        case Text(secret="") if wanted and 0 < len(spoken(reply.text)) <= MAX_SPOKEN_CHARACTERS:
            return say(spoken(reply.text), SpeechStyle(language=language, voice=voice))
        case _:
            return None


def _with(reply: Reply, audio: Media | None, language: str) -> tuple[Reply, ...]:
    match reply:
        case Voice() | Quiz():
            return (replace(reply, audio=audio),)
        case Text():
            return (reply, Voice(text=spoken(reply.text), language=language, audio=audio, repeats=True))
        case _:
            return (reply,)


def _unheard(event: Event, body: Spoke, key: str) -> Event:
    return replace(event, body=replace(body, unheard=key))
