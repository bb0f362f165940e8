"""Note what the conversation is about."""

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from core.tools.context import ToolContext, ToolOutcome
from core.tools.tool import tool


@tool(doing="doing.noting", changes=True)
async def remember(
    context: ToolContext,
    title: Annotated[str, Field(description="A title of a few words, empty to keep it", max_length=80)] = "",
    focus: Annotated[
        str, Field(description="What the person is after, in a sentence; empty to keep it", max_length=300)
    ] = "",
) -> ToolOutcome:
    """Note what this conversation is about, so that you still know in later turns. Do it once the aim is clear, silently."""
    before = context.conversation
    after = replace(before, title=title or before.title, focus=focus or before.focus)
    return ToolOutcome(text="Noted.", conversation=after)
