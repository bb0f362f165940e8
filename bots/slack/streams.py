"""Drafts by conversation, and the API calls that write them."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from bots.slack.drafts import SlackDraft, SlackDrafts
from bots.slack.location import SlackLocation
from core.address import Address

_CALL_TIMEOUT = 2.0
_MAX_RUNS = 5


class SlackStreams:
    """Drafts and running calls by conversation; each conversation has at most one call at a time."""

    def __init__(self, drafts: SlackDrafts) -> None:
        self._drafts = drafts
        self._calls: dict[Address, asyncio.Task[None]] = {}

    async def run(self, address: Address, call: Coroutine[Any, Any, None]) -> None:
        """Run a call, which must not raise, and wait for it briefly; after the timeout or a cancellation it continues."""
        running = self._calls[address] = asyncio.create_task(call)
        running.add_done_callback(lambda done: self._call_done(address, done))
        await asyncio.wait({running}, timeout=_CALL_TIMEOUT)

    def _call_done(self, address: Address, done: asyncio.Task[None]) -> None:
        if self._calls.get(address) is done:
            del self._calls[address]

    def busy(self, address: Address) -> bool:
        return address in self._calls

    async def draft(self, address: Address) -> SlackDraft:
        return SlackDraft.parse(await self._drafts.read(address))

    async def finished_draft(self, address: Address) -> SlackDraft:
        """Return the draft once no call of this process is writing it."""
        if (running := self._calls.get(address)) is not None:
            await asyncio.wait({running})
        return await self.draft(address)

    async def store_draft(self, address: Address, draft: SlackDraft) -> None:
        await self._drafts.write(address, str(draft))

    async def record_run(self, location: SlackLocation, user: str) -> None:
        """Record that work for a person has begun in a channel's thread."""
        recorded = (await self._drafts.read(_runs_key(location, user))).split()
        threads = [*(thread for thread in recorded if thread != location.thread), location.thread]
        await self._drafts.write(_runs_key(location, user), " ".join(threads[-_MAX_RUNS:]))

    async def running_threads(self, location: SlackLocation, user: str) -> tuple[Address, ...]:
        """Return the threads of a channel in which work for a person is still shown."""
        threads = (await self._drafts.read(_runs_key(location, user))).split()
        found = [
            SlackLocation(team=location.team, channel=location.channel, thread=thread).address for thread in threads
        ]
        return tuple([address for address in found if (await self.draft(address)).working])

    async def close(self) -> None:
        if self._calls:
            await asyncio.wait(self._calls.values())


def _runs_key(location: SlackLocation, user: str) -> Address:
    """Return the key under which a person's threads of a channel are stored."""
    return Address("slack", f"{location.team}.{location.channel}", f"runs/{user}")
