"""What a turn that never came to its end has left half written in a thread, which nothing there will take the place of."""

from contextlib import suppress

from bots.slack.client import SlackClient
from bots.slack.drafts import SlackDraft
from bots.slack.location import SlackLocation
from core.errors import Failure


async def remove_draft(client: SlackClient, location: SlackLocation, draft: SlackDraft) -> None:
    """Take it away as far as Slack lets us; never raises `core.errors`."""
    location = location.in_thread(draft.thread)
    if draft.streaming:
        with suppress(Failure):
            await client.stop_stream(location, draft.message)
    if draft.message:
        with suppress(Failure):
            await client.delete(location, draft.message)
    if location.thread:
        with suppress(Failure):
            await client.set_session_status(location, "active")
