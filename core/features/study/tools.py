"""What the model can do with courses: look things up, show progress, begin a quiz or a review."""

from typing import Annotated, Protocol

from pydantic import Field

from core.conversation import Conversation
from core.ports.study import StudyLookup
from core.tools.context import ToolContext, ToolOutcome
from core.tools.tool import tool


class StudyActions(StudyLookup, Protocol):
    """The study feature as far as tools need it."""

    async def quiz(self, conversation: Conversation, unit: str) -> ToolOutcome:
        """Begin a quiz on a unit, the learner's present one when empty. Raises `ToolFault` when there is none."""
        ...

    async def review(self, conversation: Conversation) -> ToolOutcome:
        """Begin a review of the cards that are due; the outcome says so when there are none."""
        ...

    async def progress(self, conversation: Conversation) -> str:
        """Progress report in Markdown."""
        ...


class StudyTools:
    """Tools over the study feature."""

    def __init__(self, study: StudyActions) -> None:
        self._study = study

    @tool(doing="doing.looking_up")
    async def look_up_word(
        self,
        context: ToolContext,
        word: Annotated[
            str, Field(description="A word of the course's language, or a meaning", min_length=1, max_length=80)
        ],
    ) -> str:
        """Look a word up in the courses' dictionaries: senses, examples, where it comes from."""
        found = self._study.look_up(word, context.conversation.learner.locale)
        return found or f"No dictionary has “{word}”. Say so, or try search_knowledge."

    @tool(doing="doing.grammar")
    async def explain_grammar(
        self,
        context: ToolContext,
        topic: Annotated[
            str, Field(description="The point of grammar (“li”, “word order”)", min_length=1, max_length=200)
        ],
    ) -> str:
        """Read what the courses' grammar notes say about a point of grammar; explain it from there."""
        found = self._study.grammar(topic, context.conversation.learner.locale)
        return found or f"The notes say nothing about “{topic}”. Say so, or try search_knowledge."

    @tool(doing="doing.progress")
    async def show_progress(self, context: ToolContext) -> str:
        """See how far the person is: units taken with their scores, words known, what is due."""
        return await self._study.progress(context.conversation)

    @tool(doing="doing.quiz", changes=True)
    async def start_quiz(
        self,
        context: ToolContext,
        unit: Annotated[
            str, Field(description="The unit's number or title; empty for the present one", max_length=80)
        ] = "",
    ) -> ToolOutcome:
        """Start a quiz on a unit of the course when the person wants to practise or be tested.

        The first question is shown right after your words, so say one short sentence and do not ask anything yourself.
        """
        return await self._study.quiz(context.conversation, unit)

    @tool(doing="doing.review", changes=True)
    async def start_review(self, context: ToolContext) -> ToolOutcome:
        """Start a review of the words that are due for the person, over all courses.

        The first question is shown right after your words, so say one short sentence and do not ask anything yourself.
        """
        return await self._study.review(context.conversation)
