"""The study side as tools and the offline mind see it: outcomes for a model instead of thoughts."""

from typing import Protocol

from core.conversation import Conversation
from core.errors import ToolFault
from core.mind.thought import Thought
from core.mind.transcript import shown
from core.tools.context import Outcome


class Tutor(Protocol):
    """Who leads through courses; empty codes mean where the person stands."""

    async def start_quiz(self, thought: Thought, course: str = "", unit: str = "") -> Thought: ...

    async def start_review(self, thought: Thought) -> Thought: ...

    async def look_up(self, word: str, course: str = "", *, locale: str = "en") -> str: ...

    async def grammar(self, query: str, course: str = "", *, locale: str = "en") -> str: ...

    async def progress(self, thought: Thought) -> str: ...


class Studying:
    """Makes a tutor's thoughts the outcomes of tools."""

    def __init__(self, *, tutor: Tutor) -> None:
        self._tutor = tutor

    async def look_up(self, word: str, locale: str) -> str:
        return await self._tutor.look_up(word, locale=locale)

    async def grammar(self, query: str, locale: str) -> str:
        return await self._tutor.grammar(query, locale=locale)

    async def quiz(self, conversation: Conversation, unit: str) -> Outcome:
        after = await self._tutor.start_quiz(Thought(conversation=conversation), unit=unit)
        if after.conversation.quiz is None or after.conversation.quiz == conversation.quiz:
            raise ToolFault(f"No quiz was begun. {_said(after)}", again=bool(unit))
        return _outcome(after, "The quiz has begun; its first question follows your words.")

    async def review(self, conversation: Conversation) -> Outcome:
        after = await self._tutor.start_review(Thought(conversation=conversation))
        if after.conversation.quiz is None or after.conversation.quiz == conversation.quiz:
            return Outcome(text=f"No review was begun. {_said(after)}")
        return _outcome(after, "The review has begun; its first question follows your words.")

    async def progress(self, conversation: Conversation) -> str:
        return await self._tutor.progress(Thought(conversation=conversation))


def _outcome(after: Thought, text: str) -> Outcome:
    return Outcome(text=text, conversation=after.conversation, replies=after.replies)


def _said(thought: Thought) -> str:
    return "\n".join(filter(None, map(shown, thought.replies)))
