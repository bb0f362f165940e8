"""Opens a thread for what is asked in a server's channel, so that a lesson does not run through everybody's talk."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from bots.discord.client import Client
from bots.discord.interactions import SAY, Asked, Thread
from bots.discord.render import EPHEMERAL
from core.address import Address
from core.errors import Failure
from core.phrases import say

_PATIENCE = 1.5
"""Seconds, of the three in which Discord wants its answer."""


async def opened(client: Client, asked: Asked, thread: Thread) -> Address | None:
    """Where it goes on, with the one who asked in it; `None` where no thread can be opened, or not soon enough."""
    if asked.address is None:
        return None
    with suppress(Failure, TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            return Address("discord", await client.open_thread(asked.address, thread.name))
    return None


async def brought(client: Client, there: Address, user: str) -> None:
    """Who asked is a member of the thread and finds it in the list; who cannot be made one finds it all the same."""
    with suppress(Failure):
        await client.bring(there.chat, user)


def pointer(there: Address, locale: str) -> Mapping[str, Any]:
    """The answer to the command: where to go, for the one who asked only."""
    words = say("thread.opened", locale or "en", place=f"<#{there.chat}>")
    return {"type": SAY, "data": {"content": words, "flags": EPHEMERAL, "allowed_mentions": {"parse": []}}}
