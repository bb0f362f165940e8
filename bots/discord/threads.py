"""Opens threads for commands in server channels, so that a lesson does not fill the channel."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any

from bots.discord.client import DiscordClient
from bots.discord.interactions import MESSAGE, NewThread, OpenInteraction
from bots.discord.render import EPHEMERAL, DiscordMessage
from core.address import Address
from core.errors import Failure
from core.phrases import phrase

_OPEN_TIMEOUT = 1.5
"""Seconds, of the three within which Discord expects the first response."""
Start = Callable[[Coroutine[Any, Any, None]], object]
"""Runs a coroutine in the background."""


async def open_thread(
    client: DiscordClient,
    interaction: OpenInteraction,
    thread: NewThread,
    *,
    start: Start,
    wait_seconds: float = _OPEN_TIMEOUT,
) -> Address | None:
    """Open a thread and return its address; `None` if that fails or takes longer than `wait_seconds`.

    A thread that opens later stays, because only moderators can delete it; a link to the original channel is sent there.
    """
    if interaction.address is None:
        return None
    opening = asyncio.ensure_future(client.open_thread(interaction.address, thread.name))
    try:
        await asyncio.wait({opening}, timeout=wait_seconds)
    finally:
        if not opening.done():
            start(_link_late_thread(client, opening, interaction.address, thread.locale))
    with suppress(Failure):
        return Address("discord", opening.result()) if opening.done() else None
    return None


async def _link_late_thread(client: DiscordClient, opening: Awaitable[str], origin: Address, locale: str) -> None:
    with suppress(Failure):
        thread = await opening
        text = phrase("thread.opened", locale or "en", place=f"<#{origin.chat}>")
        await client.send_message(Address("discord", thread), DiscordMessage(text=text), thread)


async def add_member(client: DiscordClient, thread: Address, user: str) -> None:
    """Add the sender to the thread, so that it is in their list; failure is harmless, because they also get a link."""
    with suppress(Failure):
        await client.add_thread_member(thread.chat, user)


def thread_link(thread: Address, locale: str) -> Mapping[str, Any]:
    """Return the ephemeral response that links to the thread."""
    text = phrase("thread.opened", locale or "en", place=f"<#{thread.chat}>")
    return {"type": MESSAGE, "data": {"content": text, "flags": EPHEMERAL, "allowed_mentions": {"parse": []}}}
