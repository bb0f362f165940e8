"""What a turn that never came to its end has left half written in a thread, which nothing there will take the place of."""

from contextlib import suppress

from bots.slack.client import SlackClient
from bots.slack.drafts import SlackDraft
from bots.slack.location import SlackLocation
from core.errors import Failure


async def removed(client: SlackClient, place: SlackLocation, draft: SlackDraft) -> None:
    """Take it away as far as Slack lets us; never raises `core.errors`."""
    there = place.under(draft.thread)
    if draft.streaming:
        with suppress(Failure):
            await client.stop(there, draft.message)
    if draft.message:
        with suppress(Failure):
            await client.take_back(there, draft.message)
    if there.thread:
        with suppress(Failure):
            await client.session(there, "active")
