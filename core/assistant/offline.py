"""The mind without a model: looks things up, quotes what it has read, and says what it is."""

import re
from dataclasses import replace

from core.assistant.extract import Extract, quotes
from core.assistant.smalltalk import small_talk
from core.channel import LiveUpdates
from core.dialogue import offline_notice
from core.dialogue.draft import TurnDraft
from core.dialogue.intent import Incoming
from core.dialogue.suggestions import suggest
from core.event import Said, Spoke, Tapped
from core.phrases import phrase
from core.ports.knowledge import Retriever
from core.ports.study import StudyLookup
from core.reply import Choice, Source, Text

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

    async def answer(self, incoming: Incoming, draft: TurnDraft, live: LiveUpdates) -> TurnDraft | None:
        asked = incoming.text
        if not isinstance(incoming.event.body, Said | Spoke | Tapped) or not asked:
            return None
        if small := self._smalltalk(asked, draft):
            return small
        intent = incoming.intent
        if intent is not None and intent.name == "explain_text":
            text = intent.arguments
            reply = self._glossed(text, draft) or await self._read(text, draft, live)
        else:
            reply = self._looked_up(asked, draft) or await self._read(asked, draft, live)
        if reply:
            return _introduced(reply, draft)
        return None if self._silent else _nothing_found(draft)

    def _smalltalk(self, asked: str, draft: TurnDraft) -> TurnDraft | None:
        learner = draft.conversation.learner
        match small_talk(asked):
            case None:
                return None
            case "greeting":
                key = "offline.greeting_name" if learner.name else "offline.greeting"
                hello = Text(text=phrase(key, learner.locale, name=learner.name), choices=_suggestions(draft))
                return _introduced(hello, draft)
            case "who":
                who = _paragraphs(draft, "offline.who", "offline.intro")
                return offline_notice.given(draft).with_replies(Text(text=who, choices=_suggestions(draft)))
            case kind:
                return draft.with_replies(Text(text=phrase(f"offline.{kind}", learner.locale)))

    def _looked_up(self, asked: str, draft: TurnDraft) -> Text | None:
        """Dictionary entries for a word asked for, or grammar notes."""
        locale = draft.conversation.learner.locale
        plain = asked.strip(" ?!.¿¡…")
        if _GRAMMAR.search(plain) and (notes := self._lessons.grammar(plain, locale)):
            return Text(text=notes)
        if len(plain) > _LONGEST:
            return None
        match = next((found for pattern in _ASKED_WORD if (found := pattern.search(plain))), None)
        word = match["word"].strip(" “”\"'«»?*_") if match else plain if len(plain.split()) <= 2 else ""
        entry = self._lessons.look_up(word, locale) if word else ""
        return Text(text=entry) if entry else None

    def _glossed(self, text: str, draft: TurnDraft) -> Text | None:
        """A text that someone wants explained, word by word."""
        locale = draft.conversation.learner.locale
        found = self._lessons.gloss(text, locale)
        return Text(text=f"{phrase('offline.gloss', locale)}\n\n{found}") if found else None

    async def _read(self, asked: str, draft: TurnDraft, live: LiveUpdates) -> Text | None:
        """The best sentences of the sources, `None` when none answers."""
        learner = draft.conversation.learner
        await live.status(phrase("doing.searching", learner.locale))
        hits = await self._retriever.search(asked, owner=learner.id, limit=_HITS)
        await live.status("")
        found = quotes(asked, hits)
        return _quoted(found, phrase("offline.found", learner.locale)) if found else None


def _quoted(found: tuple[Extract, ...], title: str) -> Text:
    lines = (f"“{_one_line(quote.text)}” [{number}]" for number, quote in enumerate(found, 1))
    sources = (
        Source(title=quote.hit.title, section=quote.hit.section, link=quote.hit.link, quote=quote.text)
        for quote in found
    )
    return Text(text="\n\n".join((title, *lines)), sources=tuple(sources))


def _one_line(text: str) -> str:
    return " ".join(_MARK.sub(" – ", text).split())


def _introduced(reply: Text, draft: TurnDraft) -> TurnDraft:
    """The draft with the reply, and below it the notice that there is no model, unless it was given before."""
    if offline_notice.was_given(draft.conversation):
        return draft.with_replies(reply)
    notice = phrase("offline.intro", draft.conversation.learner.locale)
    return offline_notice.given(draft).with_replies(replace(reply, text=f"{reply.text}\n\n_{notice}_"))


def _nothing_found(draft: TurnDraft) -> TurnDraft:
    """Say so, with the notice between, so that the last words stay next to their buttons."""
    notice = () if offline_notice.was_given(draft.conversation) else ("offline.intro",)
    text = _paragraphs(draft, "offline.nothing", *notice, "offline.suggest")
    return offline_notice.given(draft).with_replies(Text(text=text, choices=_suggestions(draft)))


def _paragraphs(draft: TurnDraft, *keys: str) -> str:
    return "\n\n".join(phrase(key, draft.conversation.learner.locale) for key in keys)


def _suggestions(draft: TurnDraft) -> tuple[Choice, ...]:
    return suggest(draft.conversation.learner.locale, "lesson", "quiz", "review", "courses")
