"""The person's local date and time."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.tools.context import ToolContext
from core.tools.tool import tool


@tool(doing="doing.time")
async def what_time(context: ToolContext) -> str:
    """The date and time where the person is."""
    zone = context.conversation.learner.zone
    try:
        local = context.now.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        return f"{context.now:%A %Y-%m-%d %H:%M} UTC (the person's time zone is not known)"
    return f"{local:%A %Y-%m-%d %H:%M} ({zone})"
