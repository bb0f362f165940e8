"""Look a word up in the dictionaries of the courses."""

from typing import Annotated

from pydantic import Field

from core.tools.context import ToolContext
from core.tools.tool import tool


@tool(doing="doing.looking_up")
async def look_up_word(
    context: ToolContext,
    word: Annotated[
        str, Field(description="A word of the course's language, or a meaning", min_length=1, max_length=80)
    ],
) -> str:
    """Look a word up in the courses' dictionaries: senses, examples, where it comes from."""
    found = context.lessons.look_up(word, context.conversation.learner.locale)
    return found or f"No dictionary has “{word}”. Say so, or try search_knowledge."
