"""Opens a thread for what is asked in a server's channel, so that a lesson does not run through everybody's talk."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any

from bots.discord.client import DiscordClient
from bots.discord.interactions import SAY, NewThread, OpenInteraction
from bots.discord.render import EPHEMERAL, DiscordMessage
from core.address import Address
from core.errors import Failure
from core.phrases import phrase

_PATIENCE = 1.5
"""Seconds, of the three in which Discord wants its answer."""
Start = Callable[[Coroutine[Any, Any, None]], object]


async def opened(
    client: DiscordClient, asked: OpenInteraction, thread: NewThread, *, start: Start, patience: float = _PATIENCE
) -> Address | None:
    """Where it goes on, with the one who asked in it; `None` where no thread can be opened, or not soon enough.

    One that is there too late stays, as only a moderator can delete it: it says where it does go on. `start` runs what nobody waits for.
    """
    if asked.address is None:
        return None
    claimed = asyncio.ensure_future(client.open_thread(asked.address, thread.name))
    try:
        await asyncio.wait({claimed}, timeout=patience)
    finally:
        if not claimed.done():
            start(_sent_back(client, claimed, asked.address, thread.locale))
    with suppress(Failure):
        return Address("discord", claimed.result()) if claimed.done() else None
    return None


async def _sent_back(client: DiscordClient, claimed: Awaitable[str], where: Address, locale: str) -> None:
    with suppress(Failure):
        late = await claimed
        words = phrase("thread.opened", locale or "en", place=f"<#{where.chat}>")
        await client.say(Address("discord", late), DiscordMessage(words=words), late)


async def brought(client: DiscordClient, there: Address, user: str) -> None:
    """Who asked is a member of the thread and finds it in the list; who cannot be made one finds it all the same."""
    with suppress(Failure):
        await client.bring(there.chat, user)


def pointer(there: Address, locale: str) -> Mapping[str, Any]:
    """The answer to the command: where to go, for the one who asked only."""
    words = phrase("thread.opened", locale or "en", place=f"<#{there.chat}>")
    return {"type": SAY, "data": {"content": words, "flags": EPHEMERAL, "allowed_mentions": {"parse": []}}}
