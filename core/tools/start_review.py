"""Begin a review of what is due."""

from core.tools.context import ToolContext, ToolOutcome
from core.tools.tool import tool


@tool(doing="doing.review", changes=True)
async def start_review(context: ToolContext) -> ToolOutcome:
    """Start a review of the words that are due for the person, over all courses.

    The first question is shown right after your words, so say one short sentence and do not ask anything yourself.
    """
    return await context.lessons.review(context.conversation)
