"""Begin a quiz."""

from typing import Annotated

from pydantic import Field

from core.tools.context import ToolContext, ToolOutcome
from core.tools.tool import tool


@tool(doing="doing.quiz", changes=True)
async def start_quiz(
    context: ToolContext,
    unit: Annotated[
        str, Field(description="The unit's number or title; empty for the present one", max_length=80)
    ] = "",
) -> ToolOutcome:
    """Start a quiz on a unit of the course when the person wants to practise or be tested.

    The first question is shown right after your words, so say one short sentence and do not ask anything yourself.
    """
    return await context.lessons.quiz(context.conversation, unit)
