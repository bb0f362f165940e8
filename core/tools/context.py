"""What a tool is given, and what it gives back."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from core.clock import Clock
from core.conversation import Conversation
from core.ports.knowledge import Retriever
from core.reply import Reply, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolOutcome:
    """What came of a tool: `text` for the model, and for a tool that changes things the conversation as it is then.

    `replies` go to the person after the model's words (a quiz, a voice note).
    """

    text: str
    conversation: Conversation | None = None
    replies: tuple[Reply, ...] = ()


class StudyLookup(Protocol):
    """The study side, as far as tools need it. Texts are Markdown in the language of `locale`, empty when nothing is found."""

    def look_up(self, word: str, locale: str) -> str:
        """The dictionary entries for a word of any course's language, or for a meaning."""
        ...

    def gloss(self, text: str, locale: str) -> str:
        """The words of a course's language that stand in a text, each with its short meaning."""
        ...

    def grammar(self, query: str, locale: str) -> str:
        """The sections of the courses' grammar notes that say most about the query."""
        ...

    async def quiz(self, conversation: Conversation, unit: str) -> ToolOutcome:
        """Begin a quiz on a unit, the learner's present one when empty. Raises `ToolFault` when there is none."""
        ...

    async def review(self, conversation: Conversation) -> ToolOutcome:
        """Begin a review of the cards that are due; the outcome says so when there are none."""
        ...

    async def progress(self, conversation: Conversation) -> str:
        """How far the learner is, in words."""
        ...


ReadLink = Callable[[str, str, str], Awaitable[None]]
"""Put something down to be read: its address, its title, its type or empty. Raises `core.errors`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolContext:
    """What a tool may use. `cite` numbers a source so that the answer can point at it as `[n]`."""

    conversation: Conversation
    clock: Clock
    retriever: Retriever
    lessons: StudyLookup
    read: ReadLink
    cite: Callable[[Source], int]
