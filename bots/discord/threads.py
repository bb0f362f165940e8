"""Opens a thread for what is asked in a server's channel, so that a lesson does not run through everybody's talk."""

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
"""Seconds, of the three in which Discord wants its answer."""
Start = Callable[[Coroutine[Any, Any, None]], object]


async def open_thread(
    client: DiscordClient,
    interaction: OpenInteraction,
    thread: NewThread,
    *,
    start: Start,
    wait_seconds: float = _OPEN_TIMEOUT,
) -> Address | None:
    """Where it goes on, with the one who asked in it; `None` where no thread can be opened, or not soon enough.

    One that is there too late stays, as only a moderator can delete it: it says where it does go on. `start` runs what nobody waits for.
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
        words = phrase("thread.opened", locale or "en", place=f"<#{origin.chat}>")
        await client.send_message(Address("discord", thread), DiscordMessage(text=words), thread)


async def add_member(client: DiscordClient, thread: Address, user: str) -> None:
    """Who asked is a member of the thread and finds it in the list; who cannot be made one finds it all the same."""
    with suppress(Failure):
        await client.add_thread_member(thread.chat, user)


def thread_link(thread: Address, locale: str) -> Mapping[str, Any]:
    """The answer to the command: where to go, for the one who asked only."""
    words = phrase("thread.opened", locale or "en", place=f"<#{thread.chat}>")
    return {"type": MESSAGE, "data": {"content": words, "flags": EPHEMERAL, "allowed_mentions": {"parse": []}}}
