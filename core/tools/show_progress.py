"""See how far the person is."""

from core.tools.context import ToolContext
from core.tools.tool import tool


@tool(doing="doing.progress")
async def show_progress(context: ToolContext) -> str:
    """See how far the person is: units taken with their scores, words known, what is due."""
    return await context.lessons.progress(context.conversation)
