"""Search what has been read."""

from typing import Annotated

from pydantic import Field

from core.reply import Source
from core.tools.context import ToolContext
from core.tools.tool import tool

_PASSAGE_CHARACTERS = 1200


@tool(doing="doing.searching")
async def search_knowledge(
    context: ToolContext,
    query: Annotated[str, Field(description="What to look for, in a few telling words", min_length=1, max_length=400)],
) -> str:
    """Search everything that has been read: courses, documents, files and pages the person shared.

    Use it before you answer a question of fact about them. Gives numbered passages; cite the ones you use as [n].
    """
    hits = await context.retriever.search(query, owner=context.conversation.learner.id)
    if not hits:
        return "Nothing was found. Say so; do not answer from memory as if it had been found."
    passages: list[str] = []
    for hit in hits:
        source = Source(title=hit.title, section=hit.section, link=hit.link, quote=hit.text)
        where = " · ".join(part for part in (hit.title, hit.section, hit.link) if part)
        passages.append(f"[{context.cite(source)}] {where}\n{hit.text[:_PASSAGE_CHARACTERS]}")
    return "\n\n".join(passages)
