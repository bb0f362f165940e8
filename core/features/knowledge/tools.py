"""What the model can do with sources: search them, and add a page."""

from typing import Annotated

from pydantic import Field

from core.ports.knowledge import AddSource, Retriever
from core.reply import Source
from core.tools.context import ToolContext
from core.tools.tool import tool

_PASSAGE_CHARACTERS = 1200


class KnowledgeTools:
    """Tools over the retriever and the queue of sources."""

    def __init__(self, *, retriever: Retriever, add_source: AddSource) -> None:
        self._retriever = retriever
        self._add_source = add_source

    @tool(doing="doing.searching")
    async def search_knowledge(
        self,
        context: ToolContext,
        query: Annotated[
            str, Field(description="What to look for, in a few telling words", min_length=1, max_length=400)
        ],
    ) -> str:
        """Search everything that has been read: courses, documents, files and pages the person shared.

        Use it before you answer a question of fact about them. Gives numbered passages; cite the ones you use as [n].
        """
        hits = await self._retriever.search(query, owner=context.conversation.learner.id)
        if not hits:
            return "Nothing was found. Say so; do not answer from memory as if it had been found."
        passages: list[str] = []
        for hit in hits:
            source = Source(title=hit.title, section=hit.section, link=hit.link, quote=hit.text)
            where = " · ".join(part for part in (hit.title, hit.section, hit.link) if part)
            passages.append(f"[{context.cite(source)}] {where}\n{hit.text[:_PASSAGE_CHARACTERS]}")
        return "\n\n".join(passages)

    @tool(doing="doing.link", changes=True)
    async def read_link(
        self,
        context: ToolContext,
        url: Annotated[
            str, Field(description="The page's full address", pattern=r"^https?://[^\s/]+\S*$", max_length=2000)
        ],
    ) -> str:
        """Put a web page down to be read when the person asks for it. It is read in the background.

        The person hears when it is done; only then search_knowledge finds it. Never for addresses they did not give.
        """
        here = context.conversation
        await self._add_source(url, url, "", owner=here.learner.id, notify=str(here.address))
        return "It is being read in the background; the person will be told when it can be asked about."
