"""Change the language Sona speaks to the person."""

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from core.errors import ToolFault
from core.phrases import known, locales
from core.tools.context import ToolContext, ToolOutcome
from core.tools.tool import tool


@tool(doing="doing.language", changes=True)
async def set_language(
    context: ToolContext,
    language: Annotated[str, Field(description="A BCP 47 tag: en, vi, es", min_length=2, max_length=16)],
) -> ToolOutcome:
    """Change the language of menus, lessons and your words when the person asks for it."""
    locale = known(language)
    if locale != language.replace("_", "-").split("-")[0].lower():
        raise ToolFault(
            f"Menus and lessons speak {', '.join(locales())} only; you yourself may still answer in any.", again=True
        )
    learner = replace(context.conversation.learner, locale=locale)
    return ToolOutcome(text=f"Done: {locale}.", conversation=replace(context.conversation, learner=learner))
