"""Removes the draft of a turn that did not finish, which no answer will replace."""

from contextlib import suppress

from bots.slack.client import SlackClient
from bots.slack.drafts import SlackDraft
from bots.slack.location import SlackLocation
from core.errors import Failure


async def remove_draft(client: SlackClient, location: SlackLocation, draft: SlackDraft) -> None:
    """Stop the stream, delete the message and end the session, as far as Slack allows; suppresses `core.errors`."""
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
