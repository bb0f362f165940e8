"""What a person is learning, as it stands; a turn's changes to it are written when the turn closes."""

from datetime import datetime
from typing import Protocol

from core.card import Card, UnitProgress


class StudyRecord(Protocol):
    async def due(self, learner: str, now: datetime, limit: int) -> tuple[Card, ...]:
        """Cards whose time has come, over all courses, the longest due first."""
        ...

    async def cards(self, learner: str, keys: tuple[str, ...] = ()) -> tuple[Card, ...]:
        """The named cards that exist, or all of them."""
        ...

    async def progress(self, learner: str) -> tuple[UnitProgress, ...]:
        """The best score of every unit taken."""
        ...


class StudyLookup(Protocol):
    """Dictionaries and grammar notes of all courses. Texts are Markdown in the language of `locale`, empty when nothing is found."""

    def look_up(self, word: str, locale: str) -> str:
        """The dictionary entries for a word of any course's language, or for a meaning."""
        ...

    def gloss(self, text: str, locale: str) -> str:
        """The words of a course's language in a text, each with its short meaning."""
        ...

    def grammar(self, query: str, locale: str) -> str:
        """The sections of the courses' grammar notes that say most about the query."""
        ...
