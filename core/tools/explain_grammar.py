"""Find what the course notes say about grammar."""

from typing import Annotated

from pydantic import Field

from core.tools.context import ToolContext
from core.tools.tool import tool


@tool(doing="doing.grammar")
async def explain_grammar(
    context: ToolContext,
    topic: Annotated[str, Field(description="The point of grammar (“li”, “word order”)", min_length=1, max_length=200)],
) -> str:
    """Read what the courses' grammar notes say about a point of grammar; explain it from there."""
    found = context.lessons.grammar(topic, context.conversation.learner.locale)
    return found or f"The notes say nothing about “{topic}”. Say so, or try search_knowledge."
