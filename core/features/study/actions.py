"""The study feature as tools and the offline assistant use it."""

from core.conversation import Conversation
from core.dialogue.draft import TurnDraft
from core.features.study.lessons import LessonAnswerer, entries_text
from core.learn.catalogue import Catalogue
from core.learn.entry import short_text
from core.reply import Quiz, Text
from core.tools.context import ToolOutcome

_GLOSSED = 20


class CatalogueActions:
    """`StudyActions` over a catalogue and the lesson answerer."""

    def __init__(self, *, catalogue: Catalogue, lessons: LessonAnswerer) -> None:
        self._catalogue = catalogue
        self._lessons = lessons

    def look_up(self, word: str, locale: str) -> str:
        return entries_text(self._catalogue, word, locale=locale)

    def gloss(self, text: str, locale: str) -> str:
        return "\n".join(short_text(word, locale) for _, word in self._catalogue.words_in(text, _GLOSSED))

    def grammar(self, query: str, locale: str) -> str:
        notes = self._catalogue.grammar(query)
        return "\n\n".join(
            f"**{note.unit.name(locale)}: {note.section.heading}**\n{note.section.text}" for note in notes
        )

    async def quiz(self, conversation: Conversation, unit: str) -> ToolOutcome:
        return _outcome(await self._lessons.start_quiz(TurnDraft(conversation=conversation), unit=unit), "quiz")

    async def review(self, conversation: Conversation) -> ToolOutcome:
        return _outcome(await self._lessons.start_review(TurnDraft(conversation=conversation)), "review")

    async def progress(self, conversation: Conversation) -> str:
        return await self._lessons.progress(TurnDraft(conversation=conversation))


def _outcome(draft: TurnDraft, what: str) -> ToolOutcome:
    """The outcome for the model, with the first question for the person; if nothing began, the reason."""
    if not any(isinstance(reply, Quiz) for reply in draft.replies):
        words = "\n".join(reply.text for reply in draft.replies if isinstance(reply, Text))
        return ToolOutcome(text=words or f"There is no {what} to begin.")
    text = f"The {what} has begun; its first question is shown below your words. Do not repeat or answer it."
    return ToolOutcome(text=text, conversation=draft.conversation, replies=draft.replies)
