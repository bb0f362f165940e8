"""Say something aloud."""

from typing import Annotated

from pydantic import Field

from core.reply import Voice
from core.tools.context import ToolContext, ToolOutcome
from core.tools.tool import tool


@tool(doing="doing.speaking", changes=True)
async def speak(
    _context: ToolContext,
    text: Annotated[str, Field(description="What to say, without formatting", min_length=1, max_length=500)],
    language: Annotated[str, Field(description="The words' language as a BCP 47 tag", min_length=2, max_length=16)],
) -> ToolOutcome:
    """Say a word or sentence aloud as a voice note, so that the person hears how it sounds."""
    return ToolOutcome(text="The voice note follows your words.", replies=(Voice(text=text, language=language),))
