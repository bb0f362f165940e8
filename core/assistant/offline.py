"""The mind without a model: looks things up, quotes what it has read, and says what it is."""

import re

from core.assistant.extract import Extract, quotes
from core.assistant.smalltalk import small_talk
from core.channel import LiveUpdates
from core.dialogue.draft import TurnDraft
from core.dialogue.suggestions import suggest
from core.dialogue.text import command, words
from core.event import Event, Said, Spoke, Tapped
from core.phrases import say
from core.ports.knowledge import Retriever
from core.reply import Choice, Source, Text
from core.tools.context import StudyLookup

_HITS = 8
_ASKED_WORD = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^what (?:does|do) (?:the word )?(?P<word>.+?) mean\b",
        r"^what(?:'s| is) the meaning of (?P<word>.+)",
        r"^(?:meaning of|define|look up|translate) (?P<word>.+)",
        r"^how (?:do|would|can) (?:you|i|we) say (?P<word>.+?)(?: in .+)?$",
        r"^what(?:'s| is) (?P<word>\S+)$",
        r"^(?P<word>.+?)(?: có)? nghĩa (?:là )?gì",
        r"^(?:tra từ|tra|dịch|từ) (?P<word>.+)",
        r"^(?P<word>\S+) là gì",
        r"^qu[eé] (?:significa|quiere decir) (?P<word>.+)",
        r"^c[oó]mo se dice (?P<word>.+?)(?: en .+)?$",
        r"^qu[eé] es (?P<word>\S+)$",
    )
)
_LONGEST = 200
"""Characters; what is longer asks for no word."""
_MARK = re.compile(r"\s*\n\s*[-*+•|]\s+")
_GRAMMAR = re.compile(r"grammar|gram[aá]tica|ngữ pháp", re.IGNORECASE)


class OfflineAssistant:
    """Answers everything said, from dictionaries, notes and passages only; never from nothing.

    What it finds nothing for it says so, or leaves alone when it is `silent` then.
    """

    def __init__(self, *, retriever: Retriever, lessons: StudyLookup, silent: bool = False) -> None:
        self._retriever = retriever
        self._lessons = lessons
        self._silent = silent

    async def answer(self, event: Event, thought: TurnDraft, live: LiveUpdates) -> TurnDraft | None:
        asked = words(event)
        if not isinstance(event.body, Said | Spoke | Tapped) or not asked:
            return None
        if small := self._chatted(asked, thought):
            return thought.saying(small)
        wanted, text = command(event) or ("", "")
        if wanted == "explain":
            reply = self._glossed(text, thought) or await self._read(text, thought, live)
        else:
            reply = self._looked_up(asked, thought) or await self._read(asked, thought, live)
        return thought.saying(_introduced(reply, thought)) if reply else None

    def _chatted(self, asked: str, thought: TurnDraft) -> Text | None:
        learner = thought.conversation.learner
        match small_talk(asked):
            case None:
                return None
            case "greeting":
                key = "offline.greeting_name" if learner.name else "offline.greeting"
                hello = Text(text=say(key, learner.locale, name=learner.name), choices=_suggestions(thought))
                return _introduced(hello, thought)
            case "who":
                return Text(text=_paragraphs(thought, "offline.who", "offline.intro"), choices=_suggestions(thought))
            case kind:
                return Text(text=say(f"offline.{kind}", learner.locale))

    def _looked_up(self, asked: str, thought: TurnDraft) -> Text | None:
        """Dictionary entries for a word asked for, or grammar notes."""
        locale = thought.conversation.learner.locale
        plain = asked.strip(" ?!.¿¡…")
        if _GRAMMAR.search(plain) and (notes := self._lessons.grammar(plain, locale)):
            return Text(text=notes)
        if len(plain) > _LONGEST:
            return None
        match = next((found for pattern in _ASKED_WORD if (found := pattern.search(plain))), None)
        word = match["word"].strip(" “”\"'«»?*_") if match else plain if len(plain.split()) <= 2 else ""
        entry = self._lessons.look_up(word, locale) if word else ""
        return Text(text=entry) if entry else None

    def _glossed(self, text: str, thought: TurnDraft) -> Text | None:
        """A text that someone wants explained, word by word."""
        locale = thought.conversation.learner.locale
        found = self._lessons.gloss(text, locale)
        return Text(text=f"{say('offline.gloss', locale)}\n\n{found}") if found else None

    async def _read(self, asked: str, thought: TurnDraft, live: LiveUpdates) -> Text | None:
        """The best sentences of what has been read, or an honest nothing, or nothing at all."""
        learner = thought.conversation.learner
        await live.status(say("doing.searching", learner.locale))
        hits = await self._retriever.search(asked, owner=learner.id, limit=_HITS)
        await live.status("")
        found = quotes(asked, hits)
        if found:
            return _quoted(found, say("offline.found", learner.locale))
        if self._silent:
            return None
        intro = () if _known(thought) else ("offline.intro",)
        honest = _paragraphs(thought, "offline.nothing", *intro, "offline.suggest")
        return Text(text=honest, choices=_suggestions(thought))


def _quoted(found: tuple[Extract, ...], title: str) -> Text:
    lines = (f"“{_one_line(quote.text)}” [{number}]" for number, quote in enumerate(found, 1))
    sources = (
        Source(title=quote.hit.title, section=quote.hit.section, link=quote.hit.link, quote=quote.text)
        for quote in found
    )
    return Text(text="\n\n".join((title, *lines)), sources=tuple(sources))


def _one_line(text: str) -> str:
    return " ".join(_MARK.sub(" – ", text).split())


def _introduced(reply: Text, thought: TurnDraft) -> Text:
    """The reply, with what this mind is said below it, the first time."""
    intro = say("offline.intro", thought.conversation.learner.locale)
    if intro in reply.text or _known(thought):
        return reply
    return Text(text=f"{reply.text}\n\n_{intro}_", choices=reply.choices, sources=reply.sources)


def _known(thought: TurnDraft) -> bool:
    """Whether the person was told lately what this mind is."""
    intro = say("offline.intro", thought.conversation.learner.locale)
    return any(intro in message.text for message in thought.conversation.history if message.role == "sona")


def _paragraphs(thought: TurnDraft, *keys: str) -> str:
    return "\n\n".join(say(key, thought.conversation.learner.locale) for key in keys)


def _suggestions(thought: TurnDraft) -> tuple[Choice, ...]:
    return suggest(thought.conversation.learner.locale, "lesson", "quiz", "review", "courses")
