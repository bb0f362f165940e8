"""Review cards made at a person's wish, from words they name or from a text that they point at."""

from core.clock import Clock
from core.dialogue.draft import TurnDraft
from core.dialogue.intent import button
from core.features.study import pending_cards
from core.learn import schedule
from core.learn.catalogue import Catalogue
from core.learn.course import Course, Word
from core.learn.entry import short_text
from core.learn.questions import card_key
from core.phrases import phrase
from core.ports.study import StudyRecord
from core.reply import Text


async def make(text: str, draft: TurnDraft, *, catalogue: Catalogue, study: StudyRecord, clock: Clock) -> TurnDraft:
    """The thought with a card for every word of a course in the text, due at once; cards that exist already stay as they are."""
    locale = draft.conversation.learner.locale
    if not text:
        return draft.with_replies(Text(text=phrase("study.card.which", locale)))
    words = {card_key(course, word.word): word for course, word in _meant(text, catalogue)}
    if not words:
        return draft.with_replies(Text(text=phrase("study.card.none", locale)))
    there = await pending_cards.cards(study, draft, tuple(words))
    made = tuple(schedule.begun(key, clock.now()) for key in words if key not in there)
    parts = [
        _listed("made", [words[card.key] for card in made], locale),
        _listed("there", [word for key, word in words.items() if key in there], locale),
    ]
    choices = (button(phrase("study.button.review", locale), "review"),)
    kept = pending_cards.kept(draft, made)
    return kept.with_replies(Text(text="\n\n".join(part for part in parts if part), choices=choices))


def _meant(text: str, catalogue: Catalogue) -> tuple[tuple[Course, Word], ...]:
    """The words in the text, or the one whose meaning it is ("to eat")."""
    if found := catalogue.words_in(text):
        return found
    meant = catalogue.look_up(text)
    return () if meant is None or meant.close else ((meant.course, meant.words[0]),)


def _listed(what: str, words: list[Word], locale: str) -> str:
    lines = [phrase(f"study.card.{what}", locale), *(short_text(word, locale) for word in words)]
    return "\n".join(lines) if words else ""
