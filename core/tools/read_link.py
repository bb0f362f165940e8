"""Read a web page."""

from typing import Annotated

from pydantic import Field

from core.tools.context import ToolContext
from core.tools.tool import tool


@tool(doing="doing.link", changes=True)
async def read_link(
    context: ToolContext,
    url: Annotated[
        str, Field(description="The page's full address", pattern=r"^https?://[^\s/]+\S*$", max_length=2000)
    ],
) -> str:
    """Put a web page down to be read when the person asks for it. It is read in the background.

    The person hears when it is done; only then search_knowledge finds it. Never for addresses they did not give.
    """
    await context.read(url, url, "")
    return "It is being read in the background; the person will be told when it can be asked about."
