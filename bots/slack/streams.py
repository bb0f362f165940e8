"""Drafts by conversation, the threads that show them, and the API calls that write them."""

import asyncio
from collections import OrderedDict
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bots.slack.drafts import SlackDraft, SlackDrafts
from bots.slack.location import SlackLocation
from core.address import Address
from core.clock import Clock

_CALL_TIMEOUT = 2.0
_MAX_CONVERSATIONS = 4096
_MAX_RUNS = 5
_MAX_TURNS = 8
_TURN_LIFETIME = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """`id` sorts by time before the keys of the turn's replies; after `until` the turn is certainly over."""

    id: str
    until: datetime
    thread: str


class SlackStreams:
    """Drafts and running calls by conversation; each conversation has at most one call at a time."""

    def __init__(self, drafts: SlackDrafts, *, clock: Clock) -> None:
        self._drafts = drafts
        self._clock = clock
        self._calls: dict[Address, asyncio.Task[None]] = {}
        self._turns: OrderedDict[Address, tuple[_Turn, ...]] = OrderedDict()

    def begin_turn(self, address: Address, below: str) -> None:
        """Record that replies created from now on in a direct conversation are shown in the thread `below`.

        Remembered in this process, which usually also delivers the turn; otherwise replies without a draft are shown outside of threads.
        """
        thread = SlackLocation.of(address).in_thread(below).display_thread
        turn = _Turn(id=self._clock.id(), until=self._clock.now() + _TURN_LIFETIME, thread=thread)
        self._turns[address] = (*self._turns.pop(address, ())[1 - _MAX_TURNS :], turn)
        if len(self._turns) > _MAX_CONVERSATIONS:
            self._turns.popitem(last=False)

    def location(self, address: Address, key: str, draft: SlackDraft) -> SlackLocation:
        """Return where to show a reply: in the draft's thread, or in that of the turn that its key belongs to."""
        turn = self._turn_of(address, key)
        return SlackLocation.of(address).in_thread(draft.thread if draft.working else turn.thread if turn else "")

    def is_leftover(self, address: Address, key: str, draft: SlackDraft) -> bool:
        """Return whether the draft was left by another turn, in another thread."""
        turn = self._turn_of(address, key)
        return draft.working and turn is not None and turn.thread != draft.thread

    def _turn_of(self, address: Address, key: str) -> _Turn | None:
        """Return the latest turn that began before the key was created."""
        now = self._clock.now()
        turns = [turn for turn in self._turns.get(address, ()) if turn.id <= key and now < turn.until]
        return turns[-1] if turns else None

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
